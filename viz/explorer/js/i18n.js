// The two languages. Texts of the page come from the catalogue (`/texts/{language}`), texts of the data as {zh, en}.
import { prefs, remember, emit } from './state.js';

const tables = {};
let language = prefs.language === 'en' ? 'en' : 'zh';

export const current = () => language;

async function load(wanted) {
  if (tables[wanted]) return;
  const answer = await fetch(new URL(`../../api/v1/texts/${wanted}`, import.meta.url));
  if (!answer.ok) throw new Error(`texts: ${answer.status}`);
  const body = await answer.json();
  const table = body.texts ?? body;
  tables[wanted] = Object.fromEntries(Object.entries(table).map(([key, value]) => [key.replace(/^ui\./, '').replace('.', '_'), value]));
}

/** Load a language and say so; whoever shows text listens to `language`. */
export async function use(wanted = language) {
  await load(wanted);
  language = wanted;
  document.documentElement.lang = wanted === 'en' ? 'en' : 'zh-CN';
  remember({ language: wanted });
  emit('language', wanted);
}

/** The catalogue's text for `key`, its {fields} filled; a key that is missing shows itself. */
export function t(key, fields = {}) {
  const pattern = tables[language]?.[key];
  if (pattern === undefined) return key;
  return pattern.replace(/\{(\w+)\}/g, (whole, name) => (name in fields ? (typeof fields[name] === 'function' ? fields[name]() : String(fields[name])) : whole));
}

// Words for codes of the data. A code that the catalogue does not know is shown as it stands.
const WORDS = ['family', 'tier', 'status', 'triage', 'state', 'kind', 'edge', 'role', 'verdict', 'run', 'table', 'action', 'value', 'user', 'prop', 'trigger', 'approval', 'statistic', 'audited'];

/** The word for a code: `word('family', 'arrears')` is 拖欠账款. */
export function word(set, code) {
  if (!WORDS.includes(set)) throw new Error(`no words for ${set}`);
  if (code === null || code === undefined || code === '') return '';
  const key = `${set}_${String(code).toLowerCase()}`;
  return tables[language]?.[key] ?? String(code).replaceAll('_', ' ').toLowerCase();
}

/** The word for a code where the catalogue has one, else the code as it stands: for values that may be anything. */
export function wordOr(set, code) {
  return tables[language]?.[`${set}_${String(code).toLowerCase()}`] ?? String(code);
}

const TABLES = { Party: 'orgs', Contact: 'contacts', Tender: 'tenders', Bid: 'bids', Contract: 'contracts', Payment: 'payments' };

/** A cell of a table (`payments`) or a property of a node (`Payment`): choices in words, other values as they stand. */
export function cell(of, column, value) {
  const words = String(value).split(';').map((code) => tables[language]?.[`choice_${TABLES[of] ?? of}_${column}_${code}`]);
  return words.every(Boolean) ? words.join(language === 'en' ? ', ' : '、') : wordOr('value', value);
}

/** A text of the data in the present language; a plain string is itself. */
export function said(value) {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return value;
  return value[language] ?? value.zh ?? value.en ?? '';
}
