// SPDX-License-Identifier: BSD-2-Clause
//! U-Boot's legacy image header (`include/image.h`, `struct legacy_img_hdr`): 64 bytes, big endian.
//!
//! | offset | size | field |
//! |---|---|---|
//! | 0 | 4 | magic, 0x27051956 |
//! | 4 | 4 | CRC-32 of the header, with 0 here |
//! | 8 | 4 | time of creation; 0, so that images are the same in each build |
//! | 12 | 4 | bytes of data |
//! | 16 | 4 | load address |
//! | 20 | 4 | entry |
//! | 24 | 4 | CRC-32 of the data |
//! | 28 | 4 | operating system 5 (Linux: started with a device tree), architecture 22 (arm64), kind 2 (kernel), compression 0 |
//! | 32 | 32 | name |

use crc::{CRC_32_ISO_HDLC, Crc};

const HEADER: usize = 64;
const NAME: &[u8] = b"Partenza for seL4";

/// The data behind a header that loads it to an address and starts it at its first byte.
pub fn wrap(data: &[u8], load: u32) -> Vec<u8> {
    let crc = Crc::<u32>::new(&CRC_32_ISO_HDLC);
    let mut file = Vec::with_capacity(HEADER + data.len());
    for word in [0x2705_1956, 0, 0, data.len() as u32, load, load, crc.checksum(data)] {
        file.extend(word.to_be_bytes());
    }
    file.extend([5, 22, 2, 0]);
    file.extend(NAME);
    file.resize(HEADER, 0);
    let sum = crc.checksum(&file);
    file[4..8].copy_from_slice(&sum.to_be_bytes());
    file.extend(data);
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_u_boots() {
        let file = wrap(b"data", 0x4020_0000);
        assert_eq!(file.len(), HEADER + 4);
        assert_eq!(file[..4], [0x27, 0x05, 0x19, 0x56]);
        assert_eq!(file[12..24], [0, 0, 0, 4, 0x40, 0x20, 0, 0, 0x40, 0x20, 0, 0]);
        assert_eq!(file[28..32], [5, 22, 2, 0]);
        let crc = Crc::<u32>::new(&CRC_32_ISO_HDLC);
        let mut header = file[..HEADER].to_vec();
        let sum = header[4..8].to_vec();
        header[4..8].fill(0);
        assert_eq!(sum, crc.checksum(&header).to_be_bytes());
        assert_eq!(file[24..28], crc.checksum(b"data").to_be_bytes());
    }
}
