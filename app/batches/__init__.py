"""Work on a stream of parts: in threads or processes here or on a cluster, results in their order.

Nothing here knows what a part is or what is done with it. At most so many parts are on their way
at a time that memory does not grow with their number.
"""

from app.batches.cluster import Cluster
from app.batches.journal import Journal
from app.batches.processes import in_processes
from app.batches.threads import in_threads

__all__ = ["Cluster", "Journal", "in_processes", "in_threads"]
