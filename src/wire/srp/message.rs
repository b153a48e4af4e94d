//! What a frame means: one variant per frame type of `protocols.md` A.14.

use super::control::{
    Check, ConfigPart, Edge, MonitorKind, MonitorRow, Phase, PhaseReport, Reason, Request,
    Response, Verdict,
};
use super::hello::Hello;
use super::session::{AuditEntry, CallRecord, Micro, Nack, Open};
use super::tlv::{Tlv, Tlvs, Writer};
use super::{Error, Frame, flag};

/// The content of one frame, borrowed where it can be long or frequent.
#[derive(Clone, Debug, PartialEq)]
pub enum Message<'a> {
    Hello(Hello<'a>),
    HelloAck(Hello<'a>),
    Config(ConfigPart<'a>),
    ConfigResult {
        /// Digest of the text that was compared.
        digest: [u8; 32],
        in_step: bool,
        /// Where the texts first differ; empty when in step.
        difference: &'a str,
    },
    SwitchoverReq(Request),
    SwitchoverRsp(Response),
    Phase(PhaseReport),
    Goodbye(&'a str),
    ValidateReq(Vec<Check<'a>>),
    ValidateRsp(Vec<Check<'a>>),
    AuditList(Vec<AuditEntry>),
    /// Sessions in both, only on the Active, only on the Standby, different.
    AuditResult([u32; 4]),
    Monitor(Vec<MonitorRow<'a>>),
    SmOpen(Open),
    SmOpenAck(Open),
    Heartbeat {
        counter: u32,
        sessions: u32,
        ready: bool,
    },
    Full(CallRecord<'a>),
    Micro(Micro<'a>),
    Nack(Nack),
    FlushBegin {
        epoch: u64,
        records: u32,
        /// Every eligible call follows, so what is not named again is gone.
        complete: bool,
    },
    FlushEnd {
        epoch: u64,
        records: u32,
    },
    /// The highest sequence number applied on this connection.
    Applied(u32),
}

impl<'a> Message<'a> {
    /// Frame type and header flags.
    fn kind(&self) -> (u8, u16) {
        match self {
            Self::Hello(_) => (1, 0),
            Self::HelloAck(_) => (2, flag::RESPONSE),
            Self::Config(_) => (3, 0),
            Self::ConfigResult { .. } => (4, flag::RESPONSE),
            Self::SwitchoverReq(_) => (5, 0),
            Self::SwitchoverRsp(_) => (6, flag::RESPONSE),
            Self::Phase(_) => (7, 0),
            Self::Goodbye(_) => (8, 0),
            Self::ValidateReq(_) => (9, 0),
            Self::ValidateRsp(_) => (10, flag::RESPONSE),
            Self::AuditList(_) => (11, 0),
            Self::AuditResult(_) => (12, flag::RESPONSE),
            Self::Monitor(_) => (13, 0),
            Self::SmOpen(_) => (32, 0),
            Self::SmOpenAck(_) => (33, flag::RESPONSE),
            Self::Heartbeat { .. } => (34, 0),
            Self::Full(_) => (35, 0),
            Self::Micro(_) => (36, 0),
            Self::Nack(_) => (37, 0),
            Self::FlushBegin { .. } => (38, 0),
            Self::FlushEnd { .. } => (39, 0),
            Self::Applied(_) => (40, 0),
        }
    }

    /// Appends the frame to `out`.
    pub fn encode(&self, out: &mut Vec<u8>, instance: u16, sequence: u32) {
        let (kind, flags) = self.kind();
        let mut w = Writer::begin(out, kind, flags, instance, sequence);
        match self {
            Self::Hello(hello) | Self::HelloAck(hello) => hello.write(&mut w),
            Self::Config(part) => {
                w.u16(1, part.part);
                w.u16(2, part.parts);
                w.bytes(3, part.text);
                w.bytes(4, &part.digest);
            }
            Self::ConfigResult {
                digest,
                in_step,
                difference,
            } => {
                w.bytes(1, digest);
                w.bool(2, *in_step);
                w.text(3, difference);
            }
            Self::SwitchoverReq(request) => {
                w.u8(1, request.reason as u8);
                w.u64(2, request.epoch);
                w.u32(3, request.options);
                w.u32(4, request.sessions);
                w.u32(5, request.young);
            }
            Self::SwitchoverRsp(response) => {
                w.u64(1, response.epoch);
                w.u8(2, response.verdict as u8);
                w.u16(3, response.route_modifier);
            }
            Self::Phase(report) => {
                w.u64(1, report.epoch);
                w.u8(2, report.phase as u8);
                w.u8(3, report.edge as u8);
                w.u32(4, report.sessions);
            }
            Self::Goodbye(why) => w.text(1, why),
            Self::ValidateReq(checks) | Self::ValidateRsp(checks) => {
                for check in checks {
                    w.text(1, check.name);
                    w.bool(2, check.passed);
                    w.text(3, check.detail);
                }
            }
            Self::AuditList(entries) => {
                for entry in entries {
                    w.u32(1, entry.call_id);
                    w.u64(2, entry.hash);
                }
            }
            Self::AuditResult(counts) => {
                for (tag, count) in (1..).zip(counts) {
                    w.u32(tag, *count);
                }
            }
            Self::Monitor(rows) => {
                for row in rows {
                    w.u8(1, row.kind as u8);
                    w.bool(2, row.up);
                    w.u16(3, row.group);
                    w.text(4, row.endpoint);
                }
            }
            Self::SmOpen(open) | Self::SmOpenAck(open) => open.write(&mut w),
            Self::Heartbeat {
                counter,
                sessions,
                ready,
            } => {
                w.u32(1, *counter);
                w.u32(2, *sessions);
                w.bool(3, *ready);
            }
            Self::Full(record) => record.write(&mut w),
            Self::Micro(micro) => micro.write(&mut w),
            Self::Nack(nack) => nack.write(&mut w),
            Self::FlushBegin {
                epoch,
                records,
                complete,
            } => {
                w.u64(1, *epoch);
                w.u32(2, *records);
                w.bool(3, *complete);
            }
            Self::FlushEnd { epoch, records } => {
                w.u64(1, *epoch);
                w.u32(2, *records);
            }
            Self::Applied(sequence) => w.u32(1, *sequence),
        }
        w.finish();
    }

    /// The meaning of a frame, or `None` for a type this version does not know (counted, ignored).
    ///
    /// # Errors
    ///
    /// A compressed payload, or the first TLV that is cut, of the wrong size, of an impossible
    /// value, or missing.
    pub fn decode(frame: &Frame<'a>) -> Result<Option<Self>, Error> {
        let (kind, payload) = (frame.kind, frame.payload);
        if frame.flags & (flag::COMPRESSED | flag::LZ4) != 0 {
            return Err(Error::Compressed { kind });
        }
        let fields = |names| Fields::read(kind, payload, names);
        Ok(Some(match kind {
            1 => Self::Hello(Hello::read(kind, payload)?),
            2 => Self::HelloAck(Hello::read(kind, payload)?),
            3 => {
                let f = fields(["part", "parts", "text", "digest", ""])?;
                Self::Config(ConfigPart {
                    part: f.get(1)?.u16("part")?,
                    parts: f.get(2)?.u16("parts")?,
                    text: f.get(3)?.value,
                    digest: f.get(4)?.array("digest")?,
                })
            }
            4 => {
                let f = fields(["digest", "result", "difference", "", ""])?;
                Self::ConfigResult {
                    digest: f.get(1)?.array("digest")?,
                    in_step: f.get(2)?.bool("result")?,
                    difference: f.get(3)?.text("difference")?,
                }
            }
            5 => {
                let f = fields(["reason", "epoch", "options", "sessions", "young"])?;
                Self::SwitchoverReq(Request {
                    reason: f.get(1)?.pick("reason", &Reason::ALL)?,
                    epoch: f.get(2)?.u64("epoch")?,
                    options: f.get(3)?.u32("options")?,
                    sessions: f.get(4)?.u32("sessions")?,
                    young: f.get(5)?.u32("young")?,
                })
            }
            6 => {
                let f = fields(["epoch", "verdict", "route modifier", "", ""])?;
                const VERDICTS: [Verdict; 4] = [
                    Verdict::Accepted,
                    Verdict::WrongEpoch,
                    Verdict::NotStandby,
                    Verdict::OptionsDiffer,
                ];
                Self::SwitchoverRsp(Response {
                    epoch: f.get(1)?.u64("epoch")?,
                    verdict: f.get(2)?.pick("verdict", &VERDICTS)?,
                    route_modifier: f.get(3)?.u16("route modifier")?,
                })
            }
            7 => {
                let f = fields(["epoch", "phase", "edge", "sessions", ""])?;
                let phase = f.get(2)?;
                Self::Phase(PhaseReport {
                    epoch: f.get(1)?.u64("epoch")?,
                    phase: match phase.u8("phase")? {
                        1 => Phase::CriticalFlush,
                        2 => Phase::Convergence,
                        3 => Phase::Accounting,
                        4 => Phase::Audit,
                        other => return Err(phase.wrong("phase", "expected 1 to 4", other)),
                    },
                    edge: f.get(3)?.pick("edge", &[Edge::Begin, Edge::End])?,
                    sessions: f.get(4)?.u32("sessions")?,
                })
            }
            8 => Self::Goodbye(fields(["why", "", "", "", ""])?.get(1)?.text("why")?),
            9 => Self::ValidateReq(checks(kind, payload)?),
            10 => Self::ValidateRsp(checks(kind, payload)?),
            11 => Self::AuditList(rows(
                kind,
                payload,
                ["call id", "hash", "", "", ""],
                2,
                |f| {
                    Ok(AuditEntry {
                        call_id: f.get(1)?.u32("call id")?,
                        hash: f.get(2)?.u64("hash")?,
                    })
                },
            )?),
            12 => {
                let f = fields(["both", "only active", "only standby", "different", ""])?;
                let mut counts = [0; 4];
                for (tag, count) in (1..).zip(&mut counts) {
                    *count = f.get(tag)?.u32("audit count")?;
                }
                Self::AuditResult(counts)
            }
            13 => Self::Monitor(rows(
                kind,
                payload,
                ["kind", "state", "group", "endpoint", ""],
                4,
                |f| {
                    const KINDS: [MonitorKind; 3] =
                        [MonitorKind::Aaa, MonitorKind::Bgp, MonitorKind::Diameter];
                    Ok(MonitorRow {
                        kind: f.get(1)?.pick("monitor kind", &KINDS)?,
                        up: f.get(2)?.bool("monitor state")?,
                        group: f.get(3)?.u16("group")?,
                        endpoint: f.get(4)?.text("endpoint")?,
                    })
                },
            )?),
            32 => Self::SmOpen(Open::read(kind, payload)?),
            33 => Self::SmOpenAck(Open::read(kind, payload)?),
            34 => {
                let f = fields(["counter", "sessions", "ready", "", ""])?;
                Self::Heartbeat {
                    counter: f.get(1)?.u32("counter")?,
                    sessions: f.get(2)?.u32("sessions")?,
                    ready: f.get(3)?.bool("ready")?,
                }
            }
            35 => Self::Full(CallRecord::read(kind, payload)?),
            36 => Self::Micro(Micro::read(kind, payload)?),
            37 => Self::Nack(Nack::read(kind, payload)?),
            38 => {
                let f = fields(["epoch", "records", "complete", "", ""])?;
                Self::FlushBegin {
                    epoch: f.get(1)?.u64("epoch")?,
                    records: f.get(2)?.u32("records")?,
                    complete: f.get(3)?.bool("complete")?,
                }
            }
            39 => {
                let f = fields(["epoch", "records", "", "", ""])?;
                Self::FlushEnd {
                    epoch: f.get(1)?.u64("epoch")?,
                    records: f.get(2)?.u32("records")?,
                }
            }
            40 => Self::Applied(
                fields(["sequence", "", "", "", ""])?
                    .get(1)?
                    .u32("sequence")?,
            ),
            _ => return Ok(None),
        }))
    }
}

fn checks(kind: u8, payload: &[u8]) -> Result<Vec<Check<'_>>, Error> {
    rows(
        kind,
        payload,
        ["check", "result", "detail", "", ""],
        3,
        |f| {
            Ok(Check {
                name: f.get(1)?.text("check")?,
                passed: f.get(2)?.bool("result")?,
                detail: f.get(3)?.text("detail")?,
            })
        },
    )
}

/// A list: TLV 1 begins a row, TLV `last` ends it.
fn rows<'a, T>(
    kind: u8,
    payload: &'a [u8],
    names: [&'static str; 5],
    last: u16,
    row: impl Fn(&Fields<'a>) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    let mut out = Vec::new();
    let mut fields = Fields {
        kind,
        names,
        tlvs: [None; 5],
    };
    for tlv in Tlvs::new(payload) {
        let tlv = tlv?;
        fields.put(tlv);
        if tlv.tag == last {
            out.push(row(&fields)?);
            fields.tlvs = [None; 5];
        }
    }
    match fields.tlvs.iter().any(Option::is_some) {
        true => Err(Error::Missing {
            kind,
            field: names[usize::from(last) - 1],
        }),
        false => Ok(out),
    }
}

/// The TLVs 1 to 5 of a payload, by tag.
struct Fields<'a> {
    kind: u8,
    names: [&'static str; 5],
    tlvs: [Option<Tlv<'a>>; 5],
}

impl<'a> Fields<'a> {
    fn read(kind: u8, payload: &'a [u8], names: [&'static str; 5]) -> Result<Self, Error> {
        let mut fields = Self {
            kind,
            names,
            tlvs: [None; 5],
        };
        for tlv in Tlvs::new(payload) {
            fields.put(tlv?);
        }
        Ok(fields)
    }

    fn put(&mut self, tlv: Tlv<'a>) {
        if let Some(slot) = usize::from(tlv.tag)
            .checked_sub(1)
            .and_then(|index| self.tlvs.get_mut(index))
        {
            *slot = Some(tlv);
        }
    }

    fn get(&self, tag: usize) -> Result<Tlv<'a>, Error> {
        self.tlvs[tag - 1].ok_or(Error::Missing {
            kind: self.kind,
            field: self.names[tag - 1],
        })
    }
}

impl Tlv<'_> {
    /// A small number that stands for one of `values`, from 0.
    fn pick<T: Copy>(&self, field: &'static str, values: &[T]) -> Result<T, Error> {
        let code = self.u8(field)?;
        values
            .get(usize::from(code))
            .copied()
            .ok_or_else(|| self.wrong(field, "expected one of the known codes", code))
    }
}
