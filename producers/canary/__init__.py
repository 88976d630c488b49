"""The canary: a synthetic vehicle in a lane of its own at every port, which shows whether the whole path works.

port ─► when (`rounds`) ─► readings of one vehicle (`vehicle`) ─► the log ─► stages
                                                   its selection ─► told, late or missing (`book`)
"""
