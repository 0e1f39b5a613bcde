// What the page makes itself to take along. The server records it first and answers the mark that it has to carry:
// without a record there is no file.
import { post } from './api.js';

/** For a drawing (`png`, `svg`) or a copied `table` of these nodes; `finding` is the lead whose graph it is. */
export const graphMark = (kind, nodes, finding = null) => post('graph/taken', { kind, finding_id: finding, nodes });

/** For copied rows of the list of leads. */
export const leadsMark = (findings) => post('findings/taken', { findings });

/** For copied records of the audit trail. */
export const trailMark = (numbers) => post('audit/taken', { first: Math.min(...numbers), last: Math.max(...numbers) });
