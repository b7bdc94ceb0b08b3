//! The simulated cluster from outside: the company it starts with, its controllers, its time.

mod common;
mod company;
mod controllers;
mod requests;
mod stored;
mod time;
mod trouble;
