// Names of administrative divisions. A code without a name is shown with the division above it, or as it stands.
import { get } from './api.js';
import { current, said } from './i18n.js';

let names = new Map();

/** Read the names of the data that are open; without data there are none. */
export async function loadRegions() {
  try { names = new Map(Object.entries((await get('regions')).items)); } catch { names = new Map(); }
}

/** `380100` as 岚州市, `380107` as 岚州市（380107）. */
export function region(code) {
  if (!code) return '';
  if (names.has(code)) return said(names.get(code));
  const above = [4, 2].map((digits) => names.get(code.slice(0, digits).padEnd(6, '0'))).find(Boolean);
  if (!above) return code;
  return current() === 'en' ? `${said(above)} (${code})` : `${said(above)}（${code}）`;
}

/** All known divisions as [code, name], for choosing one. */
export const regions = () => [...names].map(([code, name]) => [code, said(name)]);

/** The code of what was typed: a name that is known, or what stands there. */
export const regionCode = (typed) => regions().find(([, name]) => name === typed)?.[0] ?? typed;
