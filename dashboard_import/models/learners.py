"""What learners did: joined, visited and completed steps, answered questions. And who came from where, and the team."""

from django.db import models

from dashboard_import.models.runs import RowOfRun, count, moment, small, word


class Enrolment(RowOfRun):
    """`enrolments`: one per learner."""

    learner_id = word()
    enrolled_at = moment()
    unenrolled_at = moment()
    role = word()
    fully_participated_at = moment()
    purchased_statement_at = moment()
    gender = word()
    country = word()
    age_range = word()
    highest_education_level = word()
    employment_status = word()
    employment_area = word()
    detected_country = word()

    class Meta(RowOfRun.Meta):
        indexes = [models.Index(fields=["run", "learner_id"], name="enrolment_of_learner")]


class StepActivity(RowOfRun):
    """`step-activity`: one per learner and step, such as step 10 of week 1 (`1.10`, which is not `1.1`)."""

    learner_id = word()
    week = models.SmallIntegerField()
    step = models.SmallIntegerField()
    first_visited_at = moment()
    last_completed_at = moment()


class QuizResponse(RowOfRun):
    """`question-response`: one per answer given. No column or group of columns is unique; the learner may be empty."""

    learner_id = word()
    quiz_question = word(100)
    question_type = word(100)
    week = small()
    step = small()
    question_number = small()
    response = models.TextField()
    cloze_response = models.TextField()
    submitted_at = moment()
    correct = models.BooleanField(null=True)


class TeamMember(RowOfRun):
    """`team-members`: one per person and role. `person_id` is the file's `id`, and no key."""

    person_id = word()
    first_name = word(200)
    last_name = word(200)
    team_role = word()
    user_role = word()


class Campaign(RowOfRun):
    """`campaigns`: where people came from. `None` and `Unknown` are two different words of FutureLearn's."""

    utm_source = word(500)
    utm_campaign = word(500)
    utm_medium = word(500)
    utm_term = word(500)
    utm_content = word(500)
    domain = word(500)
    enrolments = count()
    active_learners = count()
    upgrades_purchased = count()
