// What the page makes itself to take along. The server records it first and answers the mark that it has to carry:
// without a record there is no file.
import { post } from './api.js';

/** For a drawing (`png`, `svg`) or a copied `table` of these nodes; `finding` is the lead whose graph it is. */
export const graphMark = (kind, nodes, finding = null) => post('graph/taken', { kind, finding_id: finding, nodes });

/** For copied rows of the list of leads; `rows` of the answer have ids in place of persons' names. */
export async function leadsMark(leads) {
  const mark = await post('findings/taken', { findings: leads.map((f) => f.finding_id) });
  const said = (f) => { const lead = mark.leads[f.finding_id]; return lead && { headline: lead.headline, entities: lead.entities.map((e) => ({ ...e, name: e.name ?? e.id })) }; };
  return { ...mark, rows: leads.map((f) => ({ ...f, ...said(f) })) };
}

/** For copied records of the audit trail. */
export const trailMark = (numbers) => post('audit/taken', { first: Math.min(...numbers), last: Math.max(...numbers) });
