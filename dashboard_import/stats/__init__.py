"""FutureLearn statistics: a registry of charts, each with its numbers, its words and its drawing.

To add a chart, write one function in the module of its page and register it with `registry.chart`: its page, its CSV,
its definition and its address follow from that. What it counts is a kind of Tally, made in `dashboard_import.tallies`.
"""
