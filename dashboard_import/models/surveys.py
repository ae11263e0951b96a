"""What learners said when asked: why they leave, who they are, how a week was, how the course was."""

from django.db import models

from dashboard_import.models.runs import RowOfRun, count, moment, small, word


class LeavingResponse(RowOfRun):
    """`leaving-survey-responses`: a learner can leave more than once."""

    response_id = count()
    learner_id = word()
    left_at = moment()
    leaving_reason = word(500)
    last_completed_step_at = moment()
    week = small()
    step = small()


class Archetype(RowOfRun):
    """`archetype-survey-responses`: which of FutureLearn's kinds of learner somebody is."""

    response_id = count()
    learner_id = word()
    responded_at = moment()
    archetype = word(100)


class WeeklySentiment(RowOfRun):
    """`weekly-sentiment-survey-responses`: how a week was, without a name; 1 to 3."""

    response_id = count()
    responded_at = moment()
    week_number = small()
    experience_rating = small()
    reason = models.TextField()


class PostCourseResponse(RowOfRun):
    """`post-course-survey-data`: the questions differ from course to course, so the answers are in `extra`."""

    response_id = word(100)
    learner_id = word()
    responded_at = moment()


class PostCourseText(RowOfRun):
    """`post-course-survey-free-text`: as PostCourseResponse."""

    response_id = word(100)
    learner_id = word()
    responded_at = moment()
