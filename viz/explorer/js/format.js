// Money, dates and numbers as each language writes them. Money comes in minor units (分).
import { current, t } from './i18n.js';
import { plain } from './plain.js';

const CACHE = new Map();
function digits(fraction) {
  const key = `${current()}${fraction}`;
  if (!CACHE.has(key)) CACHE.set(key, new Intl.NumberFormat(current() === 'en' ? 'en' : 'zh-CN', { minimumFractionDigits: fraction, maximumFractionDigits: fraction }));
  return CACHE.get(key);
}

export const count = (n) => (n === null || n === undefined ? '' : digits(0).format(n));
export const decimal = (x, places = 2) => (x === null || x === undefined ? '' : digits(places).format(x));

/** The exact sum: `12,345,678.90 元`, `CNY 12,345,678.90`. */
export function exact(minor, currency = 'CNY') {
  if (minor === null || minor === undefined) return '';
  const value = digits(2).format(minor / 100);
  return current() === 'zh' && currency === 'CNY' ? `${value} 元` : `${currency} ${value}`;
}

/** The sum for a table: 元 below ten thousand, 万元 below a hundred million, 亿元 above; English in full units. */
export function money(minor, currency = 'CNY') {
  if (minor === null || minor === undefined) return '';
  const units = minor / 100;
  if (current() !== 'zh' || currency !== 'CNY') return `${currency} ${digits(0).format(units)}`;
  const size = Math.abs(units);
  if (size >= 1e8) return `${digits(2).format(units / 1e8)} 亿元`;
  return size >= 1e4 ? `${digits(2).format(units / 1e4)} 万元` : `${digits(2).format(units)} 元`;
}

/** The sum and, where it is rounded to 万元 or to whole units, the exact one behind it. */
export function precise(minor, currency = 'CNY') {
  const [short, whole] = [money(minor, currency), exact(minor, currency)];
  if (short === whole) return whole;
  return current() === 'zh' ? `${short}（${whole}）` : `${short} (${whole})`;
}

/** The sum on an edge or an axis: `320 万`, `3.2 M`. */
export function brief(minor, currency = 'CNY') {
  if (minor === null || minor === undefined) return '';
  const units = minor / 100;
  const size = Math.abs(units);
  const short = (value) => new Intl.NumberFormat('en', { maximumSignificantDigits: 3 }).format(value);
  const unit = currency === 'CNY' ? '' : `${currency} `;
  if (current() === 'zh') {
    if (size >= 1e8) return `${unit}${short(units / 1e8)} 亿元`;
    return size >= 1e4 ? `${unit}${short(units / 1e4)} 万元` : `${unit}${short(units)} 元`;
  }
  if (size >= 1e9) return `${unit}${short(units / 1e9)} bn`;
  if (size >= 1e6) return `${unit}${short(units / 1e6)} M`;
  return size >= 1e3 ? `${unit}${short(units / 1e3)} k` : `${unit}${short(units)}`;
}

/** An ISO day for tables: as it stands. */
export const day = (iso) => (iso ? String(iso).slice(0, 10) : '');

/** A day spelled for prose: `2023年2月5日`, `5 February 2023`. */
export function proseDay(iso) {
  if (!iso) return '';
  const [y, m, d] = String(iso).slice(0, 10).split('-').map(Number);
  return new Intl.DateTimeFormat(current() === 'en' ? 'en-GB' : 'zh-CN', { dateStyle: 'long', timeZone: 'UTC' }).format(Date.UTC(y, m - 1, d));
}

/** A moment in local time: `2026-03-31 14:05`. */
export function moment(iso) {
  if (!iso) return '';
  const at = new Date(iso);
  if (Number.isNaN(at.valueOf())) return String(iso);
  const two = (n) => String(n).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** `2023-02 → 2023-05`, one day where both are one, empty where neither is known. */
export function period(value, cut = 10) {
  const from = value?.from ? String(value.from).slice(0, cut) : '';
  const to = value?.to ? String(value.to).slice(0, cut) : '';
  if (from && to) return from === to ? from : `${from} → ${to}`;
  return from ? `${from} →` : to && `→ ${to}`;
}

/** Whole days between an ISO day and today. */
export const age = (iso) => Math.floor((Date.now() - Date.parse(`${String(iso).slice(0, 10)}T00:00:00Z`)) / 86_400_000);

/** A text broken into lines of at most `width` half-width characters; what comes after `most` lines is cut with an ellipsis. */
export function lines(value, width, most = Infinity) {
  const all = [''];
  let used = 0;
  for (const character of plain(value)) {
    const wide = character.codePointAt(0) > 0x2e7f ? 2 : 1;
    if (used + wide > width) {
      if (all.length === most) { all.push(`${[...all.pop()].slice(0, -1).join('')}…`); break; }
      all.push('');
      used = 0;
    }
    all[all.length - 1] += character;
    used += wide;
  }
  return all.filter(Boolean);
}

/** At most two lines, cut with an ellipsis: a node's label. Two lines are about as long as each other, so that none is one character. */
export function twoLines(value, width = 20) {
  const all = lines(value, width, 2);
  if (all.length < 2 || all[1].endsWith('…')) return all.join('\n');
  for (let less = Math.ceil(width / 2); less < width; less += 1) {
    const even = lines(value, less, 2);
    if (even.length === 2 && !even[1].endsWith('…')) return even.join('\n');
  }
  return all.join('\n');
}

/** “14 days old”, for the snapshot. */
export const ageText = (iso) => t('days_old', { n: count(Math.max(0, age(iso))) });
