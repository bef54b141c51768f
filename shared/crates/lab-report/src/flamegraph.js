// A flamegraph by keyboard: arrows move from frame to frame, Enter zooms in, Escape zooms out.
const press = element => element.dispatchEvent(new MouseEvent('click', { bubbles: true }));
const place = frame => {
  const number = name => Number(frame.querySelector('rect').getAttribute(name));
  return { frame, y: number('y'), from: number('fg:x'), to: number('fg:x') + number('fg:w') };
};
const all = [...document.querySelectorAll('#frames > *')].filter(frame => frame.querySelector('rect')).map(place);
const meet = (a, b) => a.from < b.to && b.from < a.to;
const next = {
  ArrowUp: (a, b) => meet(a, b) && a.y - b.y,
  ArrowDown: (a, b) => meet(a, b) && b.y - a.y,
  ArrowLeft: (a, b) => a.y === b.y && a.from - b.from,
  ArrowRight: (a, b) => a.y === b.y && b.from - a.from,
};
for (const { frame } of all) { frame.setAttribute('tabindex', -1); frame.setAttribute('role', 'button'); }
// One stop for the tabulator key: the widest frame, which holds all others, or where the reader was.
all.reduce((a, b) => (b.to - b.from > a.to - a.from ? b : a)).frame.setAttribute('tabindex', 0);
for (const id of ['search', 'unzoom']) {
  document.getElementById(id).setAttribute('tabindex', 0);
  document.getElementById(id).setAttribute('role', 'button');
}
addEventListener('keydown', event => {
  const here = all.find(({ frame }) => frame === event.target);
  if (event.key === 'Escape') press(document.getElementById('unzoom'));
  else if (event.key === 'Enter' || event.key === ' ') press(event.target);
  else if (here && next[event.key]) {
    const far = there => next[event.key](here, there);
    const ahead = all.filter(there => !there.frame.classList.contains('hide') && far(there) > 0);
    if (ahead.length) {
      const { frame } = ahead.reduce((a, b) => (far(b) < far(a) || (far(b) === far(a) && b.to - b.from > a.to - a.from) ? b : a));
      here.frame.setAttribute('tabindex', -1);
      frame.setAttribute('tabindex', 0);
      frame.focus();
    }
  } else return;
  event.preventDefault();
});
// The line below the picture says what the frame is.
addEventListener('focusin', event => event.target.dispatchEvent(new MouseEvent('mouseover', { bubbles: true })));
// The names as they fit into this window's letters.
const fit = () => update_text_for_elements(document.getElementById('frames').children);
addEventListener('load', fit);
// What is folded away has no width until somebody unfolds it.
addEventListener('resize', fit);
