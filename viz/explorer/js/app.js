// Starts the page: language, session, frame, and the view that the address names.
import { get, Problem, remove } from './api.js';
import { clear, h, relabel, icon, button, live } from './dom.js';
import { ageText, age, day, moment } from './format.js';
import { current, t, use, word } from './i18n.js';
import { always, forView, help } from './keys.js';
import { closeAll, failed, menu, problemView, skeleton } from './overlay.js';
import { plain } from './plain.js';
import { askPurpose } from './purpose.js';
import { loadRegions } from './regions.js';
import { go, link, parse } from './router.js';
import { searchBox } from './search.js';
import { emit, may, on, prefs, purpose, remember, session, snapshot } from './state.js';

const VIEWS = {
  leads: { module: './views/leads.js', picture: 'inbox', rights: ['findings.read'] },
  explore: { module: './views/explore.js', picture: 'network', rights: ['parties.read'] },
  overview: { module: './views/overview.js', picture: 'layout-dashboard', rights: ['overview.read'] },
  scans: { module: './views/scans.js', picture: 'radar', rights: ['scans.read'] },
  audit: { module: './views/audit.js', picture: 'scroll-text', rights: ['audit.read', 'approvals.decide'] },
};
const OTHERS = { lead: './views/lead.js', login: './views/login.js', party: './views/party.js' };
const STALE_DAYS = 7;

const app = document.getElementById('app');
let frame = null;
let shown = null; // {view, id, handle}
let turn = 0;

function theme(value) {
  document.documentElement.dataset.theme = value;
  remember({ theme: value });
  emit('theme', value);
}

function userMenu(anchor) {
  menu({ anchor }, [
    { head: `${session.user.name} · ${word('user', session.user.role)}` },
    purpose.get() && { head: t('purpose_of', { purpose: purpose.get() }) },
    null,
    { t: 'purpose_change', picture: 'shield-check', act: askPurpose },
    { t: 'shortcuts', picture: 'keyboard', note: '?', act: help },
    { t: 'sign_out', picture: 'log-out', act: async () => { await remove('session').catch(() => null); signedOut(); } },
  ].filter((x) => x !== ''), 'account');
}

function rail() {
  const links = Object.entries(VIEWS).filter(([, view]) => may(...view.rights)).map(([name, view]) => h('a', { href: link(name), data: { view: name } }, icon(view.picture), h('span', { t: `nav_${name}` })));
  return h('nav', { class: 'rail', t_label: 'navigation' },
    h('a', { class: 'mark', href: '#/', t_label: 'home' }, h('img', { src: new URL('../css/icon.svg', import.meta.url).pathname, alt: '' })), links);
}

function snapshotLine() {
  const line = h('span', { class: 'snapshot' });
  return live(line, () => {
    line.textContent = snapshot.asOf ? t('snapshot_of', { day: day(snapshot.asOf), age: ageText(snapshot.asOf) }) : t('snapshot_none');
    line.classList.toggle('stale', Boolean(snapshot.asOf) && age(snapshot.asOf) > STALE_DAYS);
    line.title = snapshot.id ?? '';
  });
}

/** Load the page anew once the service answers: without it, all that is left on the screen would be gone. */
const startAnew = () => get(`texts/${current()}`).then(() => location.reload(), failed);

/** A view's module. A browser remembers that one did not come, so that only a new start brings it. */
const moduleAt = (path) => import(path).catch((error) => {
  if (!(error instanceof TypeError)) throw error;
  emit('offline', true);
  throw new Problem(0, { code: 'offline' });
});

function build() {
  const language = button('language_switch', () => use(current() === 'zh' ? 'en' : 'zh'), { picture: 'languages', look: 'quiet', id: 'language' });
  const sun = button('theme_switch', () => theme(document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark'), { picture: 'sun', only: true, look: 'quiet', id: 'theme' });
  const who = h('button', { type: 'button', class: 'button quiet', id: 'account', t_label: 'account', 'aria-haspopup': 'menu', on: { click: () => userMenu(who) } },
    icon('user'), h('span', { class: 'wide-only', text: session.user.name }));
  const view = h('main', { class: 'view', id: 'view', tabIndex: -1 });
  const offline = h('div', { class: 'banner', role: 'alert', hidden: true }, icon('triangle-alert'), h('span', { class: 'grow', t: 'offline' }), button('retry', startAnew, { look: 'small' }));
  const banner = on('offline', (yes) => { offline.hidden = !yes; });
  const holder = h('div', { class: 'view' }, offline, view);
  const root = h('div', { class: 'frame' }, h('a', { class: 'skip', href: '#view', t: 'skip', on: { click: (e) => { e.preventDefault(); view.focus(); } } }), rail(),
    h('header', { class: 'top' }, may('parties.read') && searchBox(), h('span', { class: 'grow' }), snapshotLine(), language, sun, who), holder);
  clear(app, root);
  root.append(h('p', { class: 'print-mark' }));
  return { root, view, stop: banner };
}

/** Take in what the server says of the session. */
function signedIn(answer) {
  Object.assign(session, { user: answer.user, csrf: answer.csrf, purposeRequired: answer.purpose_required });
  snapshot.asOf = answer.data_as_of;
}

let named = null; // the snapshot whose divisions are known by name
let naming = null; // resolves when they are

async function show() {
  const mine = ++turn;
  if (session.user && snapshot.id && named !== snapshot.id) { named = snapshot.id; naming = loadRegions(); }
  await naming;
  if (mine !== turn) return; // the address changed meanwhile
  const here = parse();
  if (!session.user && here.view !== 'login') { signedOut(); return; }
  if (shown && shown.view === here.view && shown.id === here.id && shown.handle?.update) { shown.handle.update(here.query); return; }
  if (VIEWS[here.view] && !may(...VIEWS[here.view].rights) && !location.hash.slice(2)) { go(home()); return; }
  shown?.handle?.unmount?.();
  closeAll();
  forView({});
  const path = VIEWS[here.view]?.module ?? OTHERS[here.view];
  if (!path) { go('leads'); return; }
  if (here.view === 'login') frame = null;
  else frame ??= build();
  const root = frame ? frame.view : app;
  for (const a of document.querySelectorAll('.rail a[data-view]')) {
    const active = a.dataset.view === here.view || (here.view === 'lead' && a.dataset.view === 'leads') || (here.view === 'party' && a.dataset.view === 'explore');
    if (active) a.setAttribute('aria-current', 'page'); else a.removeAttribute('aria-current');
  }
  const waiting = setTimeout(() => { if (mine === turn) clear(root, skeleton()); }, 120);
  shown = { view: here.view, id: here.id, handle: null };
  try {
    const module = await moduleAt(path);
    const place = h('div', { class: `view ${here.view}-view` });
    const handle = await module.mount(place, here);
    clearTimeout(waiting);
    if (mine !== turn) { handle?.unmount?.(); return; }
    clear(root, place);
    shown.handle = handle;
    forView(handle?.keys ?? {}); // only now: a view that is dropped must not take the keys of the one that is there
    handle?.ready?.();
    title(here.view);
  } catch (error) {
    clearTimeout(waiting);
    if (mine !== turn || error.status === 401) return;
    if (error.status === undefined) console.error(error); // a fault of the page; what the server refused is shown
    clear(root, problemView(error, error.code === 'offline' ? startAnew : () => { shown = null; show(); }));
  }
}

/** The first view that this person may see. */
const home = () => Object.keys(VIEWS).find((name) => may(...VIEWS[name].rights)) ?? 'leads';

function title(view) {
  document.title = `${t(`nav_${view}`)} · ${t('product')}`;
}

function signedOut() {
  session.user = null;
  purpose.set(''); // the next person reads for a purpose of their own
  session.csrf = null;
  frame = null;
  const wanted = location.hash.startsWith('#/login') ? '' : location.hash;
  location.hash = link('login', null, wanted ? { to: wanted } : {});
}

// Who printed, when, which lead or party, which data: at the end, and at the foot of every page where the browser can.
const foot = new CSSStyleSheet();
document.adoptedStyleSheets.push(foot);
addEventListener('beforeprint', () => {
  const mark = document.querySelector('.print-mark');
  if (!mark) return;
  const said = [t('print_mark', { user: session.user.name, at: moment(new Date().toISOString()) }), parse().id, snapshot.id].filter(Boolean).join(' · ');
  mark.textContent = plain(said);
  foot.replaceSync(`@page { @bottom-left { content: "${CSS.escape(plain(said))}"; font-size: 8pt; width: 85%; text-align: left; } }`);
});

on('signed-in', signedIn);
on('signed-out', signedOut);
on('language', () => { relabel(); if (shown) title(shown.view); });

always({
  '/': { t: 'key_search', act: () => document.getElementById('search')?.focus() },
  '?': { t: 'key_help', act: help },
  ...Object.fromEntries(Object.keys(VIEWS).map((name, i) => [String(i + 1), { t: `nav_${name}`, act: () => go(name) }])),
});

async function start() {
  try {
    await use(prefs.language === 'en' ? 'en' : 'zh');
  } catch (error) {
    clear(app, h('div', { class: 'problem', role: 'alert', text: `无法连接服务，请稍后重试。 The service cannot be reached, try again later. (${error.message})` }));
    return;
  }
  try {
    signedIn(await get('session'));
  } catch { session.user = null; }
  addEventListener('hashchange', show);
  await show();
}

start();
