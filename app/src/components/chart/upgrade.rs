//! Puts an ECharts canvas in the place of the SVG, in the browser, once the library is there.
//!
//! The library is asked for by the first chart of a visit. Charming has no `dispose` and no rich-text
//! tooltip, so those few calls go through `Reflect`.

use charming::{Echarts, WasmRenderer};
use js_sys::{Array, Function, JSON, Reflect, global};
use leptos::{ev, prelude::*};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{Element, HtmlScriptElement};

use super::{
    ChartData,
    option::{Colours, option, unsaid},
};
use crate::islands::theme;

/// Set on the instance before anything else: tooltips without HTML, times in UTC like everywhere.
const FIRST: &str = r#"{"useUTC":true,"tooltip":{"renderMode":"richText"}}"#;

/// Draws `data` into `{id}-canvas` as soon as it can; the answer says whether it has.
pub(super) fn upgrade(id: &str, data: Signal<ChartData>) -> RwSignal<bool> {
    let id = id.to_owned();
    let drawn = RwSignal::new(false);
    let loaded = RwSignal::new(false);
    let instance = StoredValue::new_local(None::<JsValue>);
    let colour_changes = RwSignal::new(0_u32);
    Effect::new(move |_| {
        load_library(move || {
            loaded.try_set(true);
        });
        follow_colours(colour_changes);
    });
    Effect::new(move |_| {
        colour_changes.track();
        if !loaded.get() || data.read().history.measured() == 0 {
            return;
        }
        instance.update_value(|instance| {
            if instance.is_none() {
                *instance = begin(&id);
            }
            if let (Some(instance), Some(colours)) = (instance, colours(&id)) {
                draw(instance, &data.read(), &colours);
                drawn.set(true);
            }
        });
    });
    let resize = window_event_listener(ev::resize, move |_| {
        instance.with_value(|instance| call(instance.as_ref(), "resize", &[]));
    });
    on_cleanup(move || {
        resize.remove();
        instance.with_value(|instance| call(instance.as_ref(), "dispose", &[]));
    });
    drawn
}

fn library() -> Option<JsValue> {
    let library = Reflect::get(&global(), &"echarts".into()).ok()?;
    (!library.is_undefined()).then_some(library)
}

/// Calls `then` once the library is there; asks for it when nobody has.
fn load_library(then: impl FnOnce() + 'static) {
    const ID: &str = "charts-library";
    if library().is_some() {
        return then();
    }
    let then = Closure::once_into_js(then);
    let then: &Function = then.unchecked_ref();
    if let Some(script) = document().get_element_by_id(ID) {
        // Fails only for a name that is none.
        let _ = script.add_event_listener_with_callback("load", then);
        return;
    }
    let source = document()
        .document_element()
        .and_then(|root| root.get_attribute("data-charts"));
    let script = document().create_element("script").ok();
    let script = script.and_then(|script| script.dyn_into::<HtmlScriptElement>().ok());
    if let (Some(source), Some(script), Some(head)) = (source, script, document().head()) {
        script.set_id(ID);
        script.set_src(&source);
        let _ = script.add_event_listener_with_callback("load", then);
        let _ = head.append_child(&script);
    }
}

/// Counts how often the colours changed: by the page's own switch, or by the system's.
fn follow_colours(changes: RwSignal<u32>) {
    let chosen = window_event_listener_untyped(theme::CHANGED, move |_| {
        changes.try_update(|count| *count += 1);
    });
    on_cleanup(move || chosen.remove());
    let Ok(Some(query)) = window().match_media("(prefers-color-scheme: dark)") else {
        return;
    };
    let changed = Closure::<dyn Fn()>::new(move || {
        changes.try_update(|count| *count += 1);
    });
    let listener: &Function = changed.as_ref().unchecked_ref();
    let _ = query.add_event_listener_with_callback("change", listener);
    let listening = StoredValue::new_local((query, changed));
    on_cleanup(move || {
        listening.with_value(|(query, changed)| {
            let listener: &Function = changed.as_ref().unchecked_ref();
            let _ = query.remove_event_listener_with_callback("change", listener);
        });
    });
}

fn begin(id: &str) -> Option<JsValue> {
    let place = document().get_element_by_id(&format!("{id}-canvas"))?;
    let instance = call(library().as_ref(), "init", &[place.into()])?;
    call(Some(&instance), "setOption", &[JSON::parse(FIRST).ok()?]);
    Some(instance)
}

fn draw(instance: &JsValue, chart: &ChartData, colours: &Colours) {
    let echarts: &Echarts = instance.unchecked_ref();
    WasmRenderer::update(echarts, &option(chart, colours));
    let unsaid = unsaid(chart)
        .into_iter()
        .map(|id| serde_json::json!({"id": id, "type": "line", "tooltip": {"show": false}}));
    let quiet = serde_json::json!({"series": unsaid.collect::<Vec<_>>()}).to_string();
    if let Ok(quiet) = JSON::parse(&quiet) {
        call(Some(instance), "setOption", &[quiet]);
    }
}

/// Calls a method; `None` when there is nothing to call or it failed: the SVG stays then.
fn call(of: Option<&JsValue>, method: &str, arguments: &[JsValue]) -> Option<JsValue> {
    let of = of?;
    let method: Function = Reflect::get(of, &method.into()).ok()?.dyn_into().ok()?;
    method.apply(of, &arguments.iter().collect::<Array>()).ok()
}

/// The colours of this chart's own legend, which the stylesheet sets for light and dark.
fn colours(id: &str) -> Option<Colours> {
    let figure = document().get_element_by_id(id)?;
    let colour_of = |selector: &str| {
        let element = figure.query_selector(selector).ok().flatten();
        colour(element.as_ref().unwrap_or(&figure))
    };
    Some(Colours {
        line: colour_of(".key-history i")?,
        limit: colour_of(".key-limit i")?,
        text: colour_of("figcaption")?,
    })
}

fn colour(element: &Element) -> Option<String> {
    let style = window().get_computed_style(element).ok().flatten()?;
    style.get_property_value("color").ok()
}
