//! Pages and forms over HTTP, as a browser without JavaScript meets them, on ports that answer from memory.

mod fakes;
mod fixtures;
mod forms;
mod pages;
mod site;
