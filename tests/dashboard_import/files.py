"""Small files of every kind, in FutureLearn's own layouts, and the old tool's tree around them."""

import csv
import io
from pathlib import Path

ADA, BOB = "0a1b2c3d-0000-4000-8000-000000000001", "0a1b2c3d-0000-4000-8000-000000000002"
DAY = "2016-09-05 10:00:00 UTC"
LATER = "2016-09-06 11:30:00 UTC"
ENROLMENTS = (
    "learner_id,enrolled_at,unenrolled_at,role,fully_participated_at,purchased_statement_at,gender,country,age_range,"
    "highest_education_level,employment_status,employment_area,detected_country"
)
STEPS = "learner_id,step,week_number,step_number,first_visited_at,last_completed_at"
GOOD = f"{ADA},1.1,1,1,{DAY},{LATER}"  # a row of STEPS
VIDEO = (
    "step_position,title,video_duration,total_views,total_downloads,total_caption_views,total_transcript_views,"
    "viewed_hd,viewed_five_percent,viewed_ten_percent,viewed_twentyfive_percent,viewed_fifty_percent,"
    "viewed_seventyfive_percent,viewed_ninetyfive_percent,viewed_onehundred_percent,console_device_percentage,"
    "desktop_device_percentage,mobile_device_percentage,tv_device_percentage,tablet_device_percentage,"
    "unknown_device_percentage,europe_views_percentage,oceania_views_percentage,asia_views_percentage,"
    "north_america_views_percentage,south_america_views_percentage,africa_views_percentage,antarctica_views_percentage"
)
FILES: dict[str, list[str]] = {
    "enrolments": [
        ENROLMENTS,
        f"{ADA},{DAY},,learner,,,female,NA,26-35,tertiary,unemployed,Unknown,NA",
        f"{BOB},{DAY},{LATER},learner,{LATER},,Unknown,Unknown,Unknown,Unknown,Unknown,Unknown,--",
    ],
    "step-activity": [STEPS, f"{ADA},1.1,1,1,{DAY},{LATER}", f"{ADA},1.10,1,10,{DAY},", f"{BOB},1.1,1,1,{LATER},"],
    "comments": [
        (
            "id,author_id,parent_id,step,week_number,step_number,text,timestamp,likes,first_reported_at,"
            "first_reported_reason,moderation_state,moderated"
        ),
        f'70001,{ADA},,1.1,1,1,"A ""word""\nand \\ more, with a tab\t.",{DAY},3,,,,',
        f"70002,,70001,1.1,1,1,An answer,{LATER},0,{LATER},Spam / off-topic / duplicate,hidden,{LATER}",
    ],
    "question-response": [
        (
            "learner_id,quiz_question,question_type,week_number,step_number,question_number,response,cloze_response,"
            "submitted_at,correct"
        ),
        f'{ADA},1.8.1,MultipleChoice,1,8,1,"1,2,3",,{DAY},true',
        f",1.8.1,MultipleChoice,1,8,1,2,,{DAY},FALSE",
        f",1.8.1,MultipleChoice,1,8,1,2,,{DAY},FALSE",
    ],
    "team-members": [
        "id,first_name,last_name,team_role,user_role",
        f"{BOB},Bob,O'Hara,educator,organisation_admin",
        f"{BOB},Bob,O'Hara,mentor,organisation_admin",
    ],
    "video-stats": [VIDEO, f"1.5,Why bread rises,254,1200,30,12,8{',12.5' * 21}"],
    "campaigns": [
        "utm_source,utm_campaign,utm_medium,utm_term,utm_content,domain,enrolments,active_learners,upgrades_purchased",
        "None,Unknown,None,Unknown,Unknown,direct/no referrer,12,8,",
    ],
    "leaving-survey-responses": [
        (
            "id,learner_id,left_at,leaving_reason,last_completed_step_at,last_completed_step,last_completed_week_number,"
            "last_completed_step_number"
        ),
        f"12345,{ADA},{LATER},I don’t have enough time,{DAY},1.10,1,10",
        f"12346,{ADA},{LATER},Other,,,,",
    ],
    "archetype-survey-responses": ["id,learner_id,responded_at,archetype", f"12345,{ADA},{DAY},Vitalisers"],
    "weekly-sentiment-survey-responses": [
        "id,responded_at,week_number,experience_rating,reason",
        f'9,{DAY},1,3,"Good.\r\nVery\ngood."',
    ],
    "peer-review-assignments": [
        "id,step,week_number,step_number,author_id,text,first_viewed_at,submitted_at,moderated,review_count",
        f"501,2.3,2,3,{ADA},My work,{DAY},{LATER},,2",
    ],
    "peer-review-reviews": [
        (
            "id,step,week_number,step_number,reviewer_id,assignment_id,guideline_one_feedback,guideline_two_feedback,"
            "guideline_three_feedback,created_at"
        ),
        f"601,2.3,2,3,{BOB},501,Good,,Fine,{LATER}",
    ],
    "post-course-survey-data": ["id,learner_id,responded_at,How was it?", f"1,{ADA},{DAY},Good"],
    "post-course-survey-free-text": ["id,responded_at,Anything else?", f"1,{DAY},No"],
    "country-subdivisions": [
        (
            "subdivision_first,subdivision_first_code,country_name,country_code,country_continent,joiner_count,"
            "active_learner_count"
        ),
        "Khomas,NA-KH,Namibia,NA,Africa,4,2",
    ],
    "countries": ["country_name,country_code,country_continent,joiner_count,active_learner_count", "Namibia,NA,AF,4,2"],
    "extract-links": [
        "Week Number,Step Number,Step Title,Step URL,Part,Field,Link Target,Link Caption",
        "1,2,Bread,https://www.futurelearn.com/courses/bread/1/steps/2,Body,body,https://example.org/,here",
    ],
    "scraped-links": [
        "step_number,step_title,step_type,step_edit_url,step_url",
        "1.1,Welcome,video,/admin/video-articles/1,/courses/bread/1/steps/1",
        "1.10,The end,article,/admin/articles/2,/courses/bread/1/steps/2",
    ],
}


def text(kind: str) -> str:
    return "\n".join(FILES[kind]) + "\n"


def rows(kind: str) -> int:
    """Count the rows of a file in another way than ours."""
    return len(list(csv.DictReader(io.StringIO(text(kind), newline=""))))


def write(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def tree(root: Path, institution: str = "Baker University", course: str = "Bread: the basics", run: int = 1) -> Path:
    """Write one run of all kinds as the old tool does, with its metadata and totals; return the run's folder."""
    folder = root / institution / course / f"{run} - 2016-09-05 - 2016-09-25"
    for kind in FILES:
        write(folder / f"{kind}.csv", text(kind))
    write(
        folder / "metadata.csv",
        f"uni_name,course_name,run,start_date,end_date,duration_weeks\n{institution},{course},{run},2016-09-05,2016-09-25,3\n",
    )
    totals = "run_id,start_date,no_of_weeks,joiners,leavers,leavers_percent,course,course_run,run\n"
    write(
        root / institution / "Courses-Data.csv",
        totals + f'1,2016-09-05,3,"3,544",407,11.5%,{course},{course} - {run},{run}\n',
    )
    write(root / institution / "update.txt", "2016-09-30 04:00:00")
    return folder
