"""What learners wrote: comments and replies, and the work they reviewed for each other."""

from django.db import models

from dashboard_import.models.runs import RowOfRun, count, moment, small, word


class Comment(RowOfRun):
    """`comments`: `parent_id` is the comment answered, null for a first one. The author may be empty.

    `moderated` is as the file has it: a moment, or a word.
    """

    comment_id = models.BigIntegerField()
    author_id = word()
    parent_id = count()
    week = small()
    step = small()
    text = models.TextField()
    timestamp = moment()
    likes = models.IntegerField(null=True)
    first_reported_at = moment()
    first_reported_reason = word(500)
    moderation_state = word()
    moderated = word()

    class Meta(RowOfRun.Meta):
        indexes = [
            models.Index(fields=["run", "week", "step", "timestamp"], name="comments_of_step"),
            models.Index(fields=["run", "parent_id"], name="comments_of_thread"),
            models.Index(fields=["run", "author_id"], name="comments_of_author"),
            models.Index(fields=["run", "comment_id"], name="comment_by_id"),
        ]


class PeerAssignment(RowOfRun):
    """`peer-review-assignments`: `assignment_id` is the file's `id`."""

    assignment_id = models.BigIntegerField()
    week = small()
    step = small()
    author_id = word()
    text = models.TextField()
    first_viewed_at = moment()
    submitted_at = moment()
    moderated = word()
    review_count = models.IntegerField(null=True)


class PeerReview(RowOfRun):
    """`peer-review-reviews`: `review_id` is the file's `id`."""

    review_id = models.BigIntegerField()
    week = small()
    step = small()
    reviewer_id = word()
    assignment_id = count()
    guideline_one_feedback = models.TextField()
    guideline_two_feedback = models.TextField()
    guideline_three_feedback = models.TextField()
    created_at = moment()
