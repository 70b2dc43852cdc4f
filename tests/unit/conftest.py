from hypothesis import settings

# A slow moment of the machine is no defect, so a single example has no time limit.
settings.register_profile("promograph", deadline=None)
settings.load_profile("promograph")
