"""Files that somebody announces and uploads: their form, their record, their table of cells, their report."""
