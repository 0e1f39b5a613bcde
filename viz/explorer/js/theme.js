// Before the first paint: the theme and language that this browser chose, so that nothing flashes.
(() => {
  let prefs = {};
  try { prefs = JSON.parse(localStorage.getItem('qingfeng') || '{}'); } catch { prefs = {}; }
  const dark = prefs.theme ? prefs.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
  document.documentElement.lang = prefs.language === 'en' ? 'en' : 'zh-CN';
})();
