"""How FutureLearn's files have looked, era by era: which kinds there were, and the columns of each in their order."""

from collections.abc import Mapping
from dataclasses import dataclass, field

ENROLMENTS_2016 = (
    "learner_id,enrolled_at,unenrolled_at,role,fully_participated_at,purchased_statement_at,gender,country,age_range,"
    "highest_education_level,employment_status,employment_area"
)
ENROLMENTS = f"{ENROLMENTS_2016},detected_country"
STEPS_2015 = "learner_id,step,first_visited_at,last_completed_at"
STEPS = "learner_id,step,week_number,step_number,first_visited_at,last_completed_at"
COMMENTS_2015 = "id,author_id,parent_id,step,text,timestamp,moderated,likes"
COMMENTS_2016 = "id,author_id,parent_id,step,week_number,step_number,text,timestamp,moderated,likes"
COMMENTS = (
    "id,author_id,parent_id,step,week_number,step_number,text,timestamp,likes,first_reported_at,"
    "first_reported_reason,moderation_state,moderated"
)
QUESTIONS_2016 = "learner_id,quiz_question,week_number,step_number,question_number,response,submitted_at,correct"
QUESTIONS = (
    "learner_id,quiz_question,question_type,week_number,step_number,question_number,response,cloze_response,"
    "submitted_at,correct"
)
TEAM = "id,first_name,last_name,team_role,user_role"
CAMPAIGNS_2017 = "utm_source,utm_campaign,utm_medium,domain,enrolments,active_learners"
CAMPAIGNS = (
    "utm_source,utm_campaign,utm_medium,utm_term,utm_content,domain,enrolments,active_learners,upgrades_purchased"
)
VIEWS = (
    "total_views,total_downloads,total_caption_views,total_transcript_views,viewed_hd,viewed_five_percent,"
    "viewed_ten_percent,viewed_twentyfive_percent,viewed_fifty_percent,viewed_seventyfive_percent,"
    "viewed_ninetyfive_percent,viewed_onehundred_percent,console_device_percentage,desktop_device_percentage,"
    "mobile_device_percentage,tv_device_percentage,tablet_device_percentage,unknown_device_percentage,"
    "europe_views_percentage,oceania_views_percentage,asia_views_percentage,north_america_views_percentage,"
    "south_america_views_percentage,africa_views_percentage,antarctica_views_percentage"
)
VIDEOS_2017 = f"title,{VIEWS}"
VIDEOS = f"step_position,title,video_duration,{VIEWS}"
LEAVING = (
    "id,learner_id,left_at,leaving_reason,last_completed_step_at,last_completed_step,last_completed_week_number,"
    "last_completed_step_number"
)
ARCHETYPES = "id,learner_id,responded_at,archetype"
SENTIMENTS = "id,responded_at,week_number,experience_rating,reason"
ASSIGNMENTS = "id,step,week_number,step_number,author_id,text,first_viewed_at,submitted_at,moderated,review_count"
REVIEWS = (
    "id,step,week_number,step_number,reviewer_id,assignment_id,guideline_one_feedback,guideline_two_feedback,"
    "guideline_three_feedback,created_at"
)
SUBDIVISIONS = (
    "subdivision_first,subdivision_first_code,country_name,country_code,country_continent,joiner_count,"
    "active_learner_count"
)
LINKS = "Week Number,Step Number,Step Title,Step URL,Part,Field,Link Target,Link Caption"
# No public copy of these three exists: the names are ours, in the manner of the others.
COUNTRIES = "country_name,country_code,country_continent,joiner_count,active_learner_count"
POST_COURSE = "id,learner_id,responded_at,overall_rating,met_expectations,would_recommend"
FREE_TEXT = "id,learner_id,responded_at,question,response"


@dataclass(frozen=True)
class Layout:
    """The files of one era. `empty` kinds have a header and no row, `upper` writes TRUE for true."""

    name: str
    headers: Mapping[str, str] = field(hash=False)
    empty: frozenset[str] = frozenset()
    upper: bool = False

    def columns(self, kind: str) -> tuple[str, ...]:
        """Return the names of a kind's columns in their order; KeyError where the era had no such file."""
        return tuple(self.headers[kind].split(","))


_2015 = {
    "enrolments": ENROLMENTS_2016,
    "step-activity": STEPS_2015,
    "comments": COMMENTS_2015,
    "question-response": QUESTIONS_2016,
}
_2016 = _2015 | {
    "step-activity": STEPS,
    "comments": COMMENTS_2016,
    "team-members": TEAM,
    "peer-review-assignments": ASSIGNMENTS,
    "peer-review-reviews": REVIEWS,
}
_2017 = _2016 | {
    "enrolments": ENROLMENTS,
    "comments": COMMENTS,
    "question-response": QUESTIONS,
    "campaigns": CAMPAIGNS_2017,
    "video-stats": VIDEOS_2017,
    "leaving-survey-responses": LEAVING,
    "archetype-survey-responses": ARCHETYPES,
    "weekly-sentiment-survey-responses": SENTIMENTS,
    "extract-links": LINKS,
}
_2018 = _2017 | {
    "campaigns": CAMPAIGNS,
    "video-stats": VIDEOS,
    "country-subdivisions": SUBDIVISIONS,
    "countries": COUNTRIES,
}
_2026 = _2018 | {"post-course-survey-data": POST_COURSE, "post-course-survey-free-text": FREE_TEXT}
SURVEYS = frozenset({"leaving-survey-responses", "archetype-survey-responses", "weekly-sentiment-survey-responses"})

LAYOUTS = {
    layout.name: layout
    for layout in (
        Layout("2015", _2015, upper=True),
        Layout("2016", _2016),
        Layout("2017", _2017, empty=SURVEYS),  # the files came before the surveys did
        Layout("2018", _2018),
        Layout("2026", _2026),
    )
}
KINDS = tuple(_2026)
