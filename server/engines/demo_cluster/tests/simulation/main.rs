//! The simulated cluster from outside: the company it starts with, its controllers, its time.

mod common;
mod company;
mod controllers;
mod properties;
mod requests;
mod stored;
mod time;
mod trouble;
mod workloads;
