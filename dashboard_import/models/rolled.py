"""Roll-ups: what pages of statistics read instead of the rows. Made by `dashboard_import.tallies` at each load."""

from django.db import models

from dashboard_import.models.runs import CourseRun


class Tally(models.Model):
    """One count of people of one run, such as how many visited step 2.5 on 12 March; kinds are those of `tallies`.

    Of `week`, `step`, `day` (UTC) and `value` (a word of FutureLearn's) each kind uses what it needs. The four counts
    are of everyone, and of those among them with the role of a learner, who bought a statement, who fully participated.
    """

    run = models.ForeignKey(CourseRun, models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    kind = models.CharField(max_length=40)
    week = models.SmallIntegerField(null=True)
    step = models.SmallIntegerField(null=True)
    day = models.DateField(null=True)
    value = models.CharField(max_length=500, default="")
    everyone = models.IntegerField()
    learners = models.IntegerField()
    buyers = models.IntegerField()
    participants = models.IntegerField()

    class Meta:
        indexes = [models.Index(fields=["run", "kind"], name="tallies_of_run")]

    def __str__(self) -> str:
        return f"{self.kind} of run {self.run_id}"


class LearnerSum(models.Model):
    """What one learner did by one kind of file of a run: sums of rows, so that nobody has to read the rows again.

    `kind` is `step_activity`, `comments` or `question_response`; of the numbers each has its own, the others are zero.
    """

    run = models.ForeignKey(CourseRun, models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    kind = models.CharField(max_length=20)
    learner_id = models.CharField(max_length=64)
    completed = models.IntegerField(default=0)
    first_week = models.SmallIntegerField(null=True)
    last_week = models.SmallIntegerField(null=True)
    comments = models.IntegerField(default=0)
    replies = models.IntegerField(default=0)
    likes = models.BigIntegerField(default=0)
    answers = models.IntegerField(default=0)
    correct = models.IntegerField(default=0)
    questions = models.IntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["run", "kind"], name="sums_of_run")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.learner_id} in run {self.run_id}"


class Moments(models.Model):
    """Sums over the learners of one group of a run, of which slopes and correlations are made.

    The group is those who have the role of a learner or not, bought a statement or not, and so on; `count` is their
    number. `sums` are {"steps": the sum of steps, "steps*likes": the sum of the products, …}, `most` the largest
    values; names are those of `dashboard_import.measuring`.
    """

    run = models.ForeignKey(CourseRun, models.CASCADE, related_name="+", db_constraint=False)
    learner = models.BooleanField()
    buyer = models.BooleanField()
    participant = models.BooleanField()
    answered = models.BooleanField()
    count = models.IntegerField()
    sums = models.JSONField()
    most = models.JSONField()

    def __str__(self) -> str:
        return f"moments of run {self.run_id}"


class WordTone(models.Model):
    """How the comments of a run sound that have one of its commonest words.

    `steps` is {"2.5": numbers}: for each of the four groups of people, in the order of Tally, how many comments are
    positive, neutral and negative, and the sum of their tones in tenths; sixteen numbers a step.
    """

    run = models.ForeignKey(CourseRun, models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    word = models.CharField(max_length=40)
    steps = models.JSONField()

    class Meta:
        indexes = [models.Index(fields=["run", "word"], name="tones_by_word")]

    def __str__(self) -> str:
        return f"tone of {self.word} in run {self.run_id}"


class TeamComment(models.Model):
    """One comment by a member of a run's team; `place` counts them from 1, the newest first."""

    run = models.ForeignKey(CourseRun, models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    place = models.IntegerField()
    comment_id = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["run", "place"], name="team_comments_in_order")]

    def __str__(self) -> str:
        return f"{self.comment_id} of run {self.run_id}"


class CommentType(models.Model):
    """What kind a comment is, one of those of `dashboard_import.talk`, so that a kind can be read page by page."""

    run = models.ForeignKey(CourseRun, models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    type = models.CharField(max_length=20)
    comment_id = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["run", "type", "comment_id"], name="comments_of_type")]

    def __str__(self) -> str:
        return f"{self.comment_id} of run {self.run_id} is {self.type}"


class PlacedComment(models.Model):
    """One comment at its place in the order of the course; `code` says all that `dashboard_import.placing` knows of it.

    `replies` are those to a post. None stands for no likes and no replies: SQLite then sees that an index has the rest.
    """

    pk = models.CompositePrimaryKey("run_id", "place")
    run = models.ForeignKey(CourseRun, models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    place = models.IntegerField()
    comment_id = models.BigIntegerField()
    week = models.SmallIntegerField(null=True)
    step = models.SmallIntegerField(null=True)
    code = models.SmallIntegerField()
    likes = models.IntegerField(null=True)
    replies = models.IntegerField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["run", "code", "week", "step", "place"], name="comments_by_code"),
            models.Index(
                fields=["run", "likes", "place"], name="liked_comments", condition=models.Q(likes__isnull=False)
            ),
            models.Index(
                fields=["run", "replies", "place"], name="answered_posts", condition=models.Q(replies__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.comment_id} of run {self.run_id} at place {self.place}"


class ThreadComment(models.Model):
    """One comment of a thread that is among those of its step with most replies; `place` counts threads from 1.

    `busiest` is whether the step is the run's with most comments. `author` is a name that we made, or empty.
    """

    run = models.ForeignKey(CourseRun, models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    week = models.SmallIntegerField()
    step = models.SmallIntegerField()
    busiest = models.BooleanField()
    thread = models.BigIntegerField()
    place = models.SmallIntegerField()
    replies = models.IntegerField()
    comment_id = models.BigIntegerField()
    parent_id = models.BigIntegerField(null=True)
    written = models.DateTimeField()
    author = models.CharField(max_length=12)

    class Meta:
        indexes = [
            models.Index(fields=["run", "week", "step"], name="threads_of_step"),
            models.Index(fields=["run"], name="threads_of_busiest_step", condition=models.Q(busiest=True)),
        ]

    def __str__(self) -> str:
        return f"{self.comment_id} of run {self.run_id}"


class Talker(models.Model):
    """What one person wrote in a run. `name` is made of the learner's id; `place` counts from 1, who wrote most first.

    `type` is one of those of `dashboard_import.talk`; the counts are of comments of each type, `received` of replies.
    """

    run = models.ForeignKey(CourseRun, models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    place = models.IntegerField()
    learner_id = models.CharField(max_length=64)
    name = models.CharField(max_length=12)
    type = models.CharField(max_length=40)
    lone = models.IntegerField()
    initiating = models.IntegerField()
    first = models.IntegerField()
    further = models.IntegerField()
    initiators = models.IntegerField()
    received = models.IntegerField()
    likes = models.BigIntegerField()
    learners = models.BooleanField()
    buyers = models.BooleanField()
    participants = models.BooleanField()

    class Meta:
        indexes = [
            models.Index(fields=["run", "place"], name="talkers_in_order"),
            models.Index(fields=["run", "name"], name="talkers_by_name"),
        ]

    def __str__(self) -> str:
        return f"{self.name} of run {self.run_id}"
