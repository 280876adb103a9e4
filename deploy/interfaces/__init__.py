"""What others may rely on, written down from the code's own types: AsyncAPI for the topics, OpenAPI for the gateway.

`./dev interfaces` writes docs/interfaces; tests hold the files to the code, the code to the files, and both to what
was released.
"""

from typing import Final

VERSION: Final = "1.0"
"""Of what is published, apart from the program's: a first number higher than that of a release says that readers break."""
