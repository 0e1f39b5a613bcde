// Asks under which purpose or case number personal data are read: once, however many requests wait for the answer.
import { h } from './dom.js';
import { sheet } from './overlay.js';
import { purpose } from './state.js';

let asked = null;

/** Ask; resolves to whether a purpose was given. Closing the sheet is an answer too. */
export function askPurpose() {
  asked ??= new Promise((resolve) => {
    let given = false;
    sheet('purpose', (body, shut) => {
      const why = h('input', { name: 'purpose', value: purpose.get(), maxLength: 200, required: true, autofocus: true, pattern: '.*\\S.*', t_placeholder: 'purpose_example' });
      const keep = (event) => {
        event.preventDefault();
        purpose.set(why.value.trim());
        given = true;
        shut();
      };
      body.append(h('form', { on: { submit: keep } },
        h('label', { class: 'field' }, h('span', { t: 'purpose_example' }), why, h('small', { class: 'muted', t: 'purpose_hint' })),
        h('button', { class: 'button primary', type: 'submit', t: 'purpose_keep' })));
    }, { closed: () => resolve(given) });
  }).finally(() => { asked = null; });
  return asked;
}
