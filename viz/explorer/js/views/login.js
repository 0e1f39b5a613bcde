// Signing in. The purpose or case number under which personal data are read is asked for here.
import { post } from '../api.js';
import { h, icon, button } from '../dom.js';
import { current, use } from '../i18n.js';
import { explain } from '../overlay.js';
import { emit, purpose } from '../state.js';

export async function mount(root, { query }) {
  const name = h('input', { name: 'username', autocomplete: 'username', required: true, autofocus: true });
  const password = h('input', { name: 'password', type: 'password', autocomplete: 'current-password', required: true });
  const why = h('input', { name: 'purpose', value: purpose.get(), maxLength: 200, t_placeholder: 'purpose_example' });
  const wrong = h('p', { class: 'detail', role: 'alert', hidden: true });
  const submit = h('button', { class: 'button primary', type: 'submit', t: 'sign_in' });

  async function enter(event) {
    event.preventDefault();
    submit.disabled = true;
    wrong.hidden = true;
    try {
      const answer = await post('session', { username: name.value, password: password.value });
      purpose.set(why.value.trim());
      emit('signed-in', answer);
      const wanted = query.get('to');
      location.hash = wanted?.startsWith('#/') ? wanted : '#/';
    } catch (error) {
      wrong.textContent = explain(error);
      wrong.hidden = false;
      password.select();
    } finally { submit.disabled = false; }
  }

  root.append(h('div', { class: 'login' },
    h('form', { on: { submit: enter } },
      h('div', { class: 'brand' }, h('img', { src: new URL('../../css/icon.svg', import.meta.url).pathname, alt: '' }), h('div', {}, h('h1', { t: 'product' }), h('p', { class: 'muted', t: 'tagline' }))),
      h('label', { class: 'field' }, h('span', { t: 'user_name' }), name),
      h('label', { class: 'field' }, h('span', { t: 'password' }), password),
      h('label', { class: 'field' }, h('span', { t: 'purpose' }), why, h('small', { class: 'muted', t: 'purpose_hint' })),
      wrong, submit,
      h('p', { class: 'muted' }, icon('shield-check'), ' ', h('span', { t: 'lead_not_verdict' })),
      button('language_switch', () => use(current() === 'zh' ? 'en' : 'zh'), { picture: 'languages', look: 'quiet', id: 'language' }))));
  return { ready: () => name.focus() };
}

