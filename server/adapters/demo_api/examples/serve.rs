//! Serves the demo cluster alone: `cargo run -p demo_api --example serve -- PORT KUBECONFIG [DATA_DIR]`.

use std::{error::Error, path::PathBuf};

use demo_api::{DemoApi, DemoOptions};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let port: u16 = arguments.next().ok_or("which port?")?.parse()?;
    let kubeconfig = PathBuf::from(arguments.next().ok_or("where to write the kubeconfig?")?);
    let demo = DemoApi::start(DemoOptions {
        bind: ([127, 0, 0, 1], port).into(),
        data_dir: arguments.next().map(PathBuf::from),
        ..DemoOptions::default()
    })
    .await?;
    demo.write_kubeconfig(&kubeconfig)?;
    tokio::signal::ctrl_c().await?;
    demo.stop().await;
    Ok(())
}
