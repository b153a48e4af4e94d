//! One administrator's terminal session: line editing, echo, pager, pipes, confirmations.

use super::chassis::Chassis;
use super::users::User;
use crate::proto::Time;

pub enum Next {
    Idle,
    WakeAt(Time),
    Close,
}

pub struct Shell;

impl Shell {
    pub fn new(_user: User, _tty: String, _width: u16, _height: u16) -> Self {
        Self
    }
    pub fn open(&mut self, _chassis: &mut Chassis, _now: Time, _out: &mut Vec<u8>) {}
    pub fn input(&mut self, _bytes: &[u8], _chassis: &mut Chassis, _now: Time, _out: &mut Vec<u8>) -> Next {
        Next::Idle
    }
    pub fn tick(&mut self, _chassis: &mut Chassis, _now: Time, _out: &mut Vec<u8>) -> Next {
        Next::Idle
    }
    pub fn notice(&mut self, _text: &str, _out: &mut Vec<u8>) {}
}
