"""What a run consists of and where it is seen: its steps, videos, links and countries."""

from django.db import models

from dashboard_import.models.runs import RowOfRun, count, small, word


class CourseStep(RowOfRun):
    """One step of the course overview (the old tool's `scraped-links.csv`), in its order."""

    week = models.SmallIntegerField()
    step = models.SmallIntegerField()
    step_title = word(500)
    step_type = word(100)
    step_edit_url = word(1000)
    step_url = word(1000)


def share() -> models.FloatField:
    """Return a field for a percentage, 0 to 100."""
    return models.FloatField(null=True)


class VideoStats(RowOfRun):
    """`video-stats`: one per video; shares are percentages of the views."""

    week = small()
    step = small()
    title = word(500)
    video_duration = share()
    total_views = count()
    total_downloads = count()
    total_caption_views = count()
    total_transcript_views = count()
    viewed_hd = share()
    viewed_five_percent = share()
    viewed_ten_percent = share()
    viewed_twentyfive_percent = share()
    viewed_fifty_percent = share()
    viewed_seventyfive_percent = share()
    viewed_ninetyfive_percent = share()
    viewed_onehundred_percent = share()
    console_device_percentage = share()
    desktop_device_percentage = share()
    mobile_device_percentage = share()
    tv_device_percentage = share()
    tablet_device_percentage = share()
    unknown_device_percentage = share()
    europe_views_percentage = share()
    oceania_views_percentage = share()
    asia_views_percentage = share()
    north_america_views_percentage = share()
    south_america_views_percentage = share()
    africa_views_percentage = share()
    antarctica_views_percentage = share()


class Link(RowOfRun):
    """`extract-links`: one per link in a step."""

    week_number = small()
    step_number = small()
    step_title = word(500)
    step_url = word(2000)
    part = word(200)
    field = word(200)
    link_target = word(4000)
    link_caption = models.TextField()


class CountrySubdivision(RowOfRun):
    """`country-subdivisions`: joiners by region, as FutureLearn counts them."""

    subdivision_first = word(200)
    subdivision_first_code = word(20)
    country_name = word(200)
    country_code = word(20)
    country_continent = word(100)
    joiner_count = count()
    active_learner_count = count()


class Country(RowOfRun):
    """`countries`: joiners by country, as FutureLearn counts them."""

    country_name = word(200)
    country_code = word(20)
    country_continent = word(100)
    joiner_count = count()
    active_learner_count = count()
