"""What we keep of FutureLearn: runs and their steps, what was imported when, a table for each kind of file."""

from dashboard_import.models.content import Country, CountrySubdivision, CourseStep, Link, VideoStats
from dashboard_import.models.imports import ImportedFile, ImportRun
from dashboard_import.models.learners import Campaign, Enrolment, QuizResponse, StepActivity, TeamMember
from dashboard_import.models.rolled import (
    CommentType,
    LearnerSum,
    Moments,
    PlacedComment,
    Talker,
    Tally,
    TeamComment,
    ThreadComment,
    WordTone,
)
from dashboard_import.models.runs import CourseRun
from dashboard_import.models.surveys import (
    Archetype,
    LeavingResponse,
    PostCourseResponse,
    PostCourseText,
    PreCourseAnswer,
    PreCourseSurvey,
    WeeklySentiment,
)
from dashboard_import.models.writing import Comment, PeerAssignment, PeerReview

__all__ = [
    "Archetype",
    "Campaign",
    "Comment",
    "CommentType",
    "Country",
    "CountrySubdivision",
    "CourseRun",
    "CourseStep",
    "Enrolment",
    "ImportRun",
    "ImportedFile",
    "LearnerSum",
    "LeavingResponse",
    "Link",
    "Moments",
    "PeerAssignment",
    "PeerReview",
    "PlacedComment",
    "PostCourseResponse",
    "PostCourseText",
    "PreCourseAnswer",
    "PreCourseSurvey",
    "QuizResponse",
    "StepActivity",
    "Talker",
    "Tally",
    "TeamComment",
    "TeamMember",
    "ThreadComment",
    "VideoStats",
    "WeeklySentiment",
    "WordTone",
]
