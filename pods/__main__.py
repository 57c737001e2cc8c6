"""`python -m pods <command>`."""

import sys

from pods.main import main

sys.exit(main())
