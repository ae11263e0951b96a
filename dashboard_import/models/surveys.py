"""What learners said when asked: why they leave, who they are, how a week was, how the course was."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from dashboard_import.models.runs import CourseRun, RowOfRun, count, moment, small, word


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


class PreCourseSurvey(models.Model):
    """A survey of one's own before a run, uploaded. `questions` are what its columns ask: [question, part or ""]."""

    run = models.OneToOneField(CourseRun, models.CASCADE, related_name="+", verbose_name=_("run"))
    name = models.CharField(_("file"), max_length=200)
    questions = models.JSONField(_("questions"))
    by = models.CharField(_("by"), max_length=150)
    uploaded = models.DateTimeField(_("uploaded"), auto_now=True)

    class Meta:
        verbose_name = _("pre-course survey")
        verbose_name_plural = _("pre-course surveys")

    def __str__(self) -> str:
        return f"{self.name} of {self.run}"


class PreCourseAnswer(models.Model):
    """What one learner answered: a text for each question. `learner_id` is the file's `partner_export_id`."""

    survey = models.ForeignKey(PreCourseSurvey, models.CASCADE, related_name="+", db_index=False)
    learner_id = word()
    answers = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["survey", "learner_id"], name="one_answer_per_learner")]

    def __str__(self) -> str:
        return f"{self.learner_id} in survey {self.survey_id}"
