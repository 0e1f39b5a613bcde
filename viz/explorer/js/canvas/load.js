// Libraries are loaded when a view first needs them, in the order in which they stand on each other.
const LIB = new URL('../../lib/', import.meta.url);
const started = new Map();

function script(path) {
  if (!started.has(path)) {
    started.set(path, new Promise((resolve, reject) => {
      const element = document.createElement('script');
      element.src = new URL(path, LIB).pathname;
      element.async = false;
      element.addEventListener('load', resolve);
      element.addEventListener('error', () => { started.delete(path); reject(new Error(`${path} could not be loaded`)); });
      document.head.append(element);
    }));
  }
  return started.get(path);
}

export async function graphLibrary() {
  await Promise.all(['cytoscape/cytoscape.min.js', 'layout-base/layout-base.js', 'cose-base/cose-base.js', 'cytoscape-fcose/cytoscape-fcose.js'].map(script));
  return globalThis.cytoscape;
}

export async function chartLibrary() {
  await script('chart.js/chart.umd.min.js');
  return globalThis.Chart;
}
