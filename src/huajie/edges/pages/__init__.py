"""What pages for residents and for staff share: templates, dates, clocks, names, forms made from packs, error pages."""
