use super::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, timeout};

const A: &str = "192.0.2.10";
const B: &str = "192.0.2.11";

fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

fn at(text: &str, port: u16) -> SocketAddr {
    SocketAddr::new(ip(text), port)
}

async fn joined(fabric: &Fabric) -> (Stream, Stream) {
    let (a, b) = (fabric.host(ip(A)), fabric.host(ip(B)));
    let mut listener = b.listen(at(B, 22)).await.expect("the port is free");
    let near = a.connect(at(B, 22)).await.expect("somebody listens");
    let (far, from) = listener.accept().await.expect("a stream came in");
    assert_eq!(from, at(A, 49152), "ephemeral ports count from the first");
    (near, far)
}

#[tokio::test(start_paused = true)]
async fn bytes_cross_and_a_drop_is_a_clean_end() {
    let (mut near, mut far) = joined(&Fabric::new()).await;
    near.write_all(b"show version\n").await.expect("open");
    let mut seen = [0; 13];
    far.read_exact(&mut seen).await.expect("open");
    assert_eq!(&seen, b"show version\n");
    drop(far);
    assert_eq!(near.read(&mut seen).await.expect("a clean end"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_port_without_listener_refuses_after_one_latency() {
    let fabric = Fabric::new();
    let a = fabric.host(ip(A));
    fabric.host(ip(B));
    let start = Instant::now();
    let error = a.connect(at(B, 22)).await.err().expect("nobody listens");
    assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
    assert_eq!(start.elapsed(), Duration::from_millis(1));
}

#[tokio::test(start_paused = true)]
async fn an_unknown_a_down_and_a_separated_host_stay_silent_for_127_s() {
    let fabric = Fabric::new();
    let (a, b) = (fabric.host(ip(A)), fabric.host(ip(B)));
    let _listener = b.listen(at(B, 22)).await.expect("the port is free");
    let silent = async |to| {
        let start = Instant::now();
        let error = a.connect(to).await.err().expect("silence");
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert_eq!(start.elapsed(), CONNECT_GIVES_UP);
    };
    silent(at("192.0.2.99", 22)).await;
    fabric.set_up(ip(B), false);
    silent(at(B, 22)).await;
    fabric.set_up(ip(B), true);
    fabric.partition(ip(B), ip(A), true);
    silent(at(B, 22)).await;
    fabric.partition(ip(A), ip(B), false);
    a.connect(at(B, 22)).await.expect("healed");
}

#[tokio::test(start_paused = true)]
async fn going_down_leaves_streams_alone_and_a_cut_resets_both_sides() {
    let fabric = Fabric::new();
    let (mut near, mut far) = joined(&fabric).await;
    fabric.set_up(ip(B), false);
    near.write_all(b"x").await.expect("still open");
    far.read_u8().await.expect("still open");
    near.write_all(b"lost").await.expect("still open");
    fabric.cut(ip(B));
    for stream in [&mut near, &mut far] {
        let error = stream.read_u8().await.expect_err("reset");
        assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
        let error = stream.write_all(b"x").await.expect_err("reset");
        assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
    }
}

#[tokio::test(start_paused = true)]
async fn a_cut_wakes_a_reader_who_waits() {
    let fabric = Fabric::new();
    let (mut near, _far) = joined(&fabric).await;
    let reader = tokio::spawn(async move { near.read_u8().await });
    tokio::task::yield_now().await;
    fabric.cut(ip(B));
    let error = reader.await.expect("no panic").expect_err("reset");
    assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
}

#[tokio::test(start_paused = true)]
async fn a_partition_stalls_streams_and_healing_delivers_what_was_held() {
    let fabric = Fabric::new();
    let (mut near, mut far) = joined(&fabric).await;
    fabric.partition(ip(A), ip(B), true);
    near.write_all(b"held").await.expect("the buffer takes it");
    let mut seen = [0; 4];
    let early = timeout(Duration::from_secs(3600), far.read_exact(&mut seen)).await;
    assert!(early.is_err(), "nothing crosses a partition");
    fabric.partition(ip(A), ip(B), false);
    far.read_exact(&mut seen).await.expect("healed");
    assert_eq!(&seen, b"held");
}

#[tokio::test(start_paused = true)]
async fn a_cut_behind_a_partition_is_seen_only_after_healing() {
    let fabric = Fabric::new();
    let (mut near, mut far) = joined(&fabric).await;
    fabric.partition(ip(A), ip(B), true);
    fabric.cut(ip(B));
    far.read_u8().await.expect_err("its own side knows at once");
    assert!(
        timeout(Duration::from_secs(60), near.read_u8())
            .await
            .is_err(),
        "no news crosses"
    );
    fabric.partition(ip(A), ip(B), false);
    let error = near.read_u8().await.expect_err("reset");
    assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
}

#[tokio::test(start_paused = true)]
async fn datagrams_arrive_in_order_with_their_sender_and_faults_lose_them() {
    let fabric = Fabric::new();
    let (a, b) = (fabric.host(ip(A)), fabric.host(ip(B)));
    let mut traps = b.bind(at("0.0.0.0", 162)).await.expect("the port is free");
    assert_eq!(traps.local(), at(B, 162));
    let agent = a.bind(at(A, 0)).await.expect("a free port");
    agent.send_to(b"1", at(B, 162)).expect("sent");
    agent
        .send_to(b"nobody", at(B, 163))
        .expect("lost, not an error");
    fabric.drop_datagrams(ip(A), true);
    agent
        .send_to(b"lost", at(B, 162))
        .expect("lost, not an error");
    fabric.drop_datagrams(ip(A), false);
    fabric.partition(ip(A), ip(B), true);
    agent
        .send_to(b"lost", at(B, 162))
        .expect("lost, not an error");
    fabric.partition(ip(A), ip(B), false);
    fabric.set_up(ip(A), false);
    agent
        .send_to(b"lost", at(B, 162))
        .expect("lost, not an error");
    fabric.set_up(ip(A), true);
    agent.send_to(b"2", at(B, 162)).expect("sent");
    assert_eq!(
        traps.recv_from().await,
        Some((b"1".to_vec(), agent.local()))
    );
    assert_eq!(
        traps.recv_from().await,
        Some((b"2".to_vec(), agent.local()))
    );
}

#[tokio::test(start_paused = true)]
async fn a_full_datagram_queue_loses_the_newest() {
    let fabric = Fabric::new();
    let a = fabric.host(ip(A));
    let mut traps = a.bind(at(A, 162)).await.expect("the port is free");
    for number in 0..2000_u32 {
        traps
            .send_to(&number.to_be_bytes(), at("127.0.0.1", 162))
            .expect("sent");
    }
    let mut seen = 0_u32;
    while let Ok(Some((bytes, _))) = timeout(Duration::ZERO, traps.recv_from()).await {
        assert_eq!(bytes, seen.to_be_bytes());
        seen += 1;
    }
    assert_eq!(seen as usize, DATAGRAM_QUEUE);
}

#[tokio::test(start_paused = true)]
async fn ports_are_exclusive_and_come_free_on_drop() {
    let fabric = Fabric::new();
    let a = fabric.host(ip(A));
    let first = a.listen(at(A, 22)).await.expect("free");
    let error = a.listen(at(A, 22)).await.err().expect("taken");
    assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
    drop(first);
    a.listen(at(A, 22)).await.expect("free again");
    let error = a.listen(at(B, 22)).await.err().expect("not its address");
    assert_eq!(error.kind(), io::ErrorKind::AddrNotAvailable);
}

#[tokio::test(start_paused = true)]
async fn names_resolve_only_when_they_are_given() {
    let fabric = Fabric::new();
    fabric.name("ha-east", ip(A));
    let host = fabric.host(ip(B));
    assert_eq!(host.resolve("ha-east", 22).await.expect("named"), at(A, 22));
    assert_eq!(host.resolve(B, 161).await.expect("an address"), at(B, 161));
    host.resolve("ha-west", 22).await.expect_err("never named");
}
