//! Pages and forms over HTTP, as a browser without JavaScript meets them, on ports that answer from memory.

mod fakes;
mod fixtures;
mod forms;
mod pages;
#[cfg(all())]
mod serve;
mod site;
