use std::net::{Ipv4Addr, Ipv6Addr};

use super::*;
use crate::test_support::{NOW, fixture};

fn from(name: &str, last: u8) -> Attempt<'_> {
    Attempt {
        name,
        address: Ipv4Addr::new(192, 0, 2, last).into(),
    }
}

async fn admits(attempts: &LoginAttempts, attempt: Attempt<'_>, at: Timestamp) -> bool {
    attempts.admit(&attempt, at).await.unwrap() == Admission::Admitted
}

async fn fail(attempts: &LoginAttempts, name: &str, times: u8) {
    for last in 0..times {
        assert!(admits(attempts, from(name, last), NOW).await);
    }
}

/// By account, whatever the address.
#[tokio::test]
async fn slows_an_account_down_after_five_failures_and_more_with_each() {
    let attempts = fixture().await.database.login_attempts();
    fail(&attempts, "ada", 5).await;
    let wait = async |at| attempts.admit(&from("ADA ", 99), at).await.unwrap();
    let throttled = |seconds| Admission::Throttled {
        retry_after: Seconds(seconds),
    };
    assert_eq!(wait(NOW).await, throttled(30));
    assert_eq!(wait(NOW + Seconds(29)).await, throttled(1));
    assert_eq!(wait(NOW + Seconds(30)).await, Admission::Admitted);
    assert_eq!(wait(NOW + Seconds(31)).await, throttled(59));
    assert!(admits(&attempts, from("bob", 98), NOW).await);
}

/// By address, whatever the account.
#[tokio::test]
async fn slows_an_address_down_that_tries_many_accounts() {
    let attempts = fixture().await.database.login_attempts();
    for number in 0..20 {
        assert!(admits(&attempts, from(&format!("user{number}"), 1), NOW).await);
    }
    assert!(!admits(&attempts, from("another", 1), NOW).await);
    assert!(admits(&attempts, from("another", 2), NOW).await);
}

#[tokio::test]
async fn counts_guesses_sent_side_by_side() {
    let attempts = fixture().await.database.login_attempts();
    let tasks: Vec<_> = (0..12)
        .map(|last| {
            let attempts = attempts.clone();
            tokio::spawn(async move { admits(&attempts, from("ada", last), NOW).await })
        })
        .collect();
    let mut admitted = 0;
    for task in tasks {
        admitted += u32::from(task.await.unwrap());
    }
    assert_eq!(admitted, 5);
}
#[tokio::test]
async fn remembers_across_a_restart() {
    let fixture = fixture().await;
    fail(&fixture.database.login_attempts(), "ada", 5).await;
    let fixture = fixture.reopened().await;
    let attempts = fixture.database.login_attempts();
    assert!(!admits(&attempts, from("ada", 9), NOW).await);
}

#[tokio::test]
async fn forgets_after_success_and_after_five_quiet_minutes() {
    let attempts = fixture().await.database.login_attempts();
    fail(&attempts, "ada", 5).await;
    fail(&attempts, "bob", 5).await;
    attempts.succeeded(&from("ada", 4)).await.unwrap();
    fail(&attempts, "ada", 5).await;
    fail(&attempts, "bob", 0).await;
    assert!(admits(&attempts, from("bob", 9), NOW + WINDOW).await);
    assert!(admits(&attempts, from("bob", 9), NOW + WINDOW).await);
}

#[tokio::test]
async fn takes_a_success_back_from_its_address() {
    let attempts = fixture().await.database.login_attempts();
    for _ in 0..40 {
        assert!(admits(&attempts, from("ada", 1), NOW).await);
        attempts.succeeded(&from("ada", 1)).await.unwrap();
    }
}

/// Made-up names cannot wash out a counter that matters.
#[tokio::test]
async fn keeps_the_worst_when_flooded_with_names() {
    let fixture = fixture().await;
    let attempts = LoginAttempts {
        capacity: 50,
        ..fixture.database.login_attempts()
    };
    fail(&attempts, "victim", 5).await;
    for number in 0..300_u32 {
        let name = format!("name{number}");
        let address = Ipv4Addr::from(0x0a00_0000 + number).into();
        let attempt = Attempt {
            name: &name,
            address,
        };
        assert!(admits(&attempts, attempt, NOW).await);
    }
    assert!(!admits(&attempts, from("victim", 200), NOW).await);
    let kept = login_attempts::Entity::find()
        .count(fixture.database.reader())
        .await
        .unwrap();
    assert!(kept <= 100, "{kept}");
}

#[test]
fn takes_an_ipv6_network_for_one_address() {
    let one: IpAddr = "2001:db8:1:2::1".parse().unwrap();
    let two: IpAddr = "2001:db8:1:2:ffff::2".parse().unwrap();
    assert_eq!(network(one), network(two));
    let mapped = Ipv6Addr::from(Ipv4Addr::LOCALHOST.to_ipv6_mapped().octets());
    assert_eq!(network(mapped.into()), network(Ipv4Addr::LOCALHOST.into()));
}

/// A clock set back does not lock anybody out for longer.
#[tokio::test]
async fn waits_no_longer_when_the_clock_is_set_back() {
    let attempts = fixture().await.database.login_attempts();
    fail(&attempts, "ada", 5).await;
    let yesterday = NOW - Seconds(86_400);
    let answer = attempts.admit(&from("ada", 9), yesterday).await.unwrap();
    assert_eq!(
        answer,
        Admission::Throttled {
            retry_after: FIRST_DELAY
        }
    );
}
