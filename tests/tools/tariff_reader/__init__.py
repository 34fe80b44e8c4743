"""A reader of loosely written tariffs: published bills, in many spellings, become Meterbook's own form.

`figures.figure(case)` is the way in: it translates a case (`translation`), rates it with the engine and returns the
figure that the case prints. `figures.not_understood(case)` names what was left aside. Nothing here computes an amount.
"""
