// What the agent and its confined extraction child say to each other over one socket pair. Whole numbers are big-endian.
//
//   frame     = kind:u8 length:u32 payload
//   to child  'O' object   max_depth:u32 max_ratio:u32 max_unpacked:u64 max_container:u64 size:u64, then `size` raw bytes
//   to parent 'H' hello    seccomp:u8 landlock:u32   once, when the child is confined; landlock is the ABI, 0 = the kernel has none
//             'B' begin    bond:u8 name             a thing inside begins, below the one that is open
//             'T' text     bytes
//             'E' end
//             'M' missed   why:u8 format:u8          of classify::Missed and classify::Format
//             'D' done                               the object is read; the child waits for the next
#pragma once

#include <cstddef>
#include <cstdint>

namespace fengsui::agent {

inline constexpr std::size_t kFrameHead = 5;
inline constexpr std::size_t kMaxFrame = 64u << 10;  // bytes of payload
inline constexpr std::size_t kObjectHead = 32;
inline constexpr int kWorkerSocket = 3;  // the child's end, the only descriptor it inherits besides /dev/null

}  // namespace fengsui::agent
