/** An element with a class and children; texts are never markup. */
export function element(name, className, ...children) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children.filter((child) => child !== undefined));
  return made;
}

export function button(label, onClick) {
  const made = element('button', '', label);
  made.type = 'button';
  made.addEventListener('click', () => onClick(made));
  return made;
}

/** Has screen readers say what changed where nothing else does. */
export function say(text) {
  document.querySelector('#said').textContent = text;
}
