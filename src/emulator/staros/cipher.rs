//! Secrets as the configuration shows them: `encrypted password +B…` (`staros-cli.md` 3.10, SRP-115).
//!
//! This imitates the *behaviour* of the device: the same secret looks different on each chassis,
//! both chassis of a pair hold one chassis key and can read each other's, and a text that was not
//! made with that key is not readable. It protects nothing.

use sha2::{Digest, Sha256};

const MARK: &str = "+B";
const CHASSIS_KEY: &str = "emulated chassis key";
/// Hexadecimal digits of salt, and as many of a check sum.
const FIELD: usize = 8;

/// Hides a secret; `salt` makes it look different from chassis to chassis.
pub fn encrypt(secret: &str, salt: &str) -> String {
    let salt = &hex(&Sha256::digest(salt))[..FIELD];
    let hidden: Vec<u8> = apply(secret.as_bytes(), salt);
    format!("{MARK}{salt}{}{}", checksum(secret), hex(&hidden))
}

/// The secret behind a text made by [`encrypt`]; `None` for any other text.
pub fn decrypt(text: &str) -> Option<String> {
    let text = text.strip_prefix(MARK)?;
    let (salt, text) = text.split_at_checked(FIELD)?;
    let (sum, text) = text.split_at_checked(FIELD)?;
    let byte = |at: usize| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
    let hidden: Option<Vec<u8>> = (0..text.len()).step_by(2).map(byte).collect();
    let secret = String::from_utf8(apply(&hidden?, salt)).ok()?;
    (checksum(&secret) == sum).then_some(secret)
}

fn apply(bytes: &[u8], salt: &str) -> Vec<u8> {
    let block = |number: usize| Sha256::digest(format!("{CHASSIS_KEY}/{salt}/{number}"));
    let chunks = bytes.chunks(32).enumerate();
    chunks
        .flat_map(|(number, chunk)| {
            let key = block(number);
            let pairs = chunk.iter().zip(key);
            pairs.map(|(byte, key)| byte ^ key).collect::<Vec<u8>>()
        })
        .collect()
}

fn checksum(secret: &str) -> String {
    hex(&Sha256::digest(format!("{CHASSIS_KEY}={secret}")))[..FIELD].to_owned()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn srp_115_one_secret_two_texts_both_readable() {
        let (east, west) = (encrypt("s3cret", "pgw-east"), encrypt("s3cret", "pgw-west"));
        assert_ne!(east, west);
        assert!(!east.contains("s3cret"));
        for text in [east, west] {
            assert_eq!(decrypt(&text).as_deref(), Some("s3cret"));
        }
    }

    #[test]
    fn a_foreign_text_is_not_readable() {
        for text in [
            "",
            "+B",
            "+A12",
            "plain",
            "+B0123456789abcdefzz",
            "+Béééééééé",
        ] {
            assert_eq!(decrypt(text), None, "{text}");
        }
    }
}
