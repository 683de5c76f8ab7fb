/** @type {{ tiles: readonly import('./gallery.js').Tile[] }} */
const nothing = { tiles: [] };

/** What the app shows; assigned to from outside of components. */
export const state = $state(nothing);
