"""Work on a stream of parts: in threads here or on a cluster, results in the order of the parts.

Nothing here knows what a part is or what is done with it. At most so many parts are on their way
at a time that memory does not grow with their number.
"""

from app.batches.cluster import Cluster
from app.batches.threads import in_threads

__all__ = ["Cluster", "in_threads"]
