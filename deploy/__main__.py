"""`python -m deploy` is `border`."""

import sys

from deploy.cli import main

sys.exit(main())
