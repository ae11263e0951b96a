"""Small runs written by hand, for what generated ones do not have."""

from pathlib import Path

from dashboard_import.generating import LAYOUTS

ENROLMENTS = (
    "learner_id,enrolled_at,unenrolled_at,role,fully_participated_at,purchased_statement_at,gender,country,age_range,"
    "highest_education_level,employment_status,employment_area,detected_country"
)
STEPS = "learner_id,step,week_number,step_number,first_visited_at,last_completed_at"
COMMENTS = "id,author_id,parent_id,step,week_number,step_number,text,timestamp,moderated,likes"


def person(learner: str, *, day: str = "2026-01-05", role: str = "learner", **said: str) -> str:
    """Return a row of enrolments of somebody who says nothing else of themselves."""
    columns = ENROLMENTS.split(",")
    row = dict.fromkeys(columns[6:], "Unknown") | dict.fromkeys(columns[2:6], "")
    row |= {"learner_id": learner, "enrolled_at": f"{day} 10:00:00 UTC", "role": role, "detected_country": "--", **said}
    return ",".join(f'"{row[column]}"' for column in columns)


def visit(learner: str, step: str, day: str = "2026-01-06", completed: str = "") -> str:
    """Return a row of step activity."""
    week, number = step.split(".")
    done = f"{completed} 12:00:00 UTC" if completed else ""
    return f"{learner},{step},{week},{number},{day} 11:00:00 UTC,{done}"


def comment(
    key: int, author: str, step: str = "1.1", text: str = "Hello", *, parent: int | str = "", day: str = "2026-01-06"
) -> str:
    """Return a row of comments; `parent` is the post that it answers."""
    week, number = step.split(".")
    return f'{key},{author},{parent},{step},{week},{number},"{text}",{day} 12:00:00 UTC,,0'


def write(folder: Path, name: str = "bread-1", **files: list[str]) -> Path:
    """Write files of one run, such as `enrolments=[person("a")]`; an empty list is a file with a header alone."""
    latest = {kind.replace("-", "_"): header for kind, header in LAYOUTS["2026"].headers.items()}
    heads = latest | {"enrolments": ENROLMENTS, "step_activity": STEPS, "comments": COMMENTS}
    folder.mkdir(exist_ok=True)
    for kind, rows in files.items():
        path = folder / f"{name}_{kind.replace('_', '-')}.csv"
        path.write_text("\n".join([heads[kind], *rows, ""]), encoding="utf-8")
    return folder
