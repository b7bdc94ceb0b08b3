//! The browser's half: starts the islands in the server-rendered page.

use wasm_bindgen::prelude::wasm_bindgen;

/// Called by the page's own script once the wasm is there.
#[wasm_bindgen]
pub fn hydrate() {
    app::start();
}
