#include "data/id_file.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include "base/error.h"

#ifdef _WIN32
#ifndef NOMINMAX
#define NOMINMAX
#endif
#include <windows.h>
#else
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

namespace unrolled {
namespace {

constexpr Index idBytes = sizeof(TokenId);

// Bytes requested from the system at once; it may return fewer.
constexpr Index largestRead = Index{1} << 30U;

Error cannotRead(const std::string& path, const std::string& reason) {
  return {"ERR_UNROLLED_FILE_READ", path + " cannot be read: " + reason};
}

Error missing(const std::string& path) { return {"ERR_UNROLLED_FILE_NOT_FOUND", "There is no file " + path}; }

#ifdef _WIN32

HANDLE handleOf(std::intptr_t file) { return reinterpret_cast<HANDLE>(file); }

std::string lastReason() { return std::system_category().message(static_cast<int>(GetLastError())); }

std::wstring wide(const std::string& path) {
  const int length = MultiByteToWideChar(CP_UTF8, 0, path.data(), static_cast<int>(path.size()), nullptr, 0);
  std::wstring result(static_cast<std::size_t>(length), L'\0');
  MultiByteToWideChar(CP_UTF8, 0, path.data(), static_cast<int>(path.size()), result.data(), length);
  return result;
}

std::intptr_t openFile(const std::string& path) {
  HANDLE file = CreateFileW(wide(path).c_str(), GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                            nullptr, OPEN_EXISTING, FILE_FLAG_RANDOM_ACCESS, nullptr);
  if (file != INVALID_HANDLE_VALUE) return reinterpret_cast<std::intptr_t>(file);
  const DWORD code = GetLastError();
  if (code == ERROR_FILE_NOT_FOUND || code == ERROR_PATH_NOT_FOUND) throw missing(path);
  throw cannotRead(path, lastReason());
}

void closeFile(std::intptr_t file) { CloseHandle(handleOf(file)); }

Index sizeOf(std::intptr_t file, const std::string& path) {
  LARGE_INTEGER size;
  if (GetFileSizeEx(handleOf(file), &size) == 0) throw cannotRead(path, lastReason());
  return static_cast<Index>(size.QuadPart);
}

// The time of the last change alone: file systems differ in how they number files, and releases of Node.js in what they
// tell of it.
bool isOfState(std::intptr_t file, const std::string& path, const std::string& state) {
  FILETIME written;
  if (GetFileTime(handleOf(file), nullptr, nullptr, &written) == 0) throw cannotRead(path, lastReason());
  constexpr std::int64_t ticksTo1970 = 116444736000000000;
  const auto ticks = static_cast<std::int64_t>(std::uint64_t{written.dwHighDateTime} << 32U | written.dwLowDateTime);
  return state.substr(state.rfind(':') + 1) == std::to_string((ticks - ticksTo1970) * 100);
}

Index readAt(std::intptr_t file, const std::string& path, Index offset, Index bytes, char* to) {
  OVERLAPPED place{};
  place.Offset = static_cast<DWORD>(static_cast<std::uint64_t>(offset) & 0xffffffffU);
  place.OffsetHigh = static_cast<DWORD>(static_cast<std::uint64_t>(offset) >> 32U);
  DWORD got = 0;
  if (ReadFile(handleOf(file), to, static_cast<DWORD>(bytes), &got, &place) != 0) return static_cast<Index>(got);
  if (GetLastError() == ERROR_HANDLE_EOF) return 0;
  throw cannotRead(path, lastReason());
}

#else

static_assert(sizeof(off_t) >= sizeof(Index), "files may be longer than 2 GiB");

std::string reasonOf(int code) { return std::generic_category().message(code); }

std::intptr_t openFile(const std::string& path) {
  // Non-blocking, because the wait for the writer of a pipe would never end.
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file >= 0) return file;
  if (errno == ENOENT) throw missing(path);
  throw cannotRead(path, reasonOf(errno));
}

void closeFile(std::intptr_t file) { ::close(static_cast<int>(file)); }

Index sizeOf(std::intptr_t file, const std::string& path) {
  struct stat status {};
  if (::fstat(static_cast<int>(file), &status) != 0) throw cannotRead(path, reasonOf(errno));
  if (!S_ISREG(status.st_mode)) throw cannotRead(path, "it is not a regular file");
  return static_cast<Index>(status.st_size);
}

bool isOfState(std::intptr_t file, const std::string& path, const std::string& state) {
  struct stat status {};
  if (::fstat(static_cast<int>(file), &status) != 0) throw cannotRead(path, reasonOf(errno));
#ifdef __APPLE__
  const timespec& modified = status.st_mtimespec;
#else
  const timespec& modified = status.st_mtim;
#endif
  const std::int64_t nanoseconds = std::int64_t{modified.tv_sec} * 1'000'000'000 + modified.tv_nsec;
  return state == std::to_string(static_cast<std::uint64_t>(status.st_dev)) + ":" +
                      std::to_string(static_cast<std::uint64_t>(status.st_ino)) + ":" + std::to_string(nanoseconds);
}

Index readAt(std::intptr_t file, const std::string& path, Index offset, Index bytes, char* to) {
  for (;;) {
    const ssize_t got = ::pread(static_cast<int>(file), to, static_cast<std::size_t>(bytes), offset);
    if (got >= 0) return static_cast<Index>(got);
    if (errno != EINTR) throw cannotRead(path, reasonOf(errno));
  }
}

#endif

TokenId littleEndian(TokenId id) {
  if constexpr (std::endian::native == std::endian::little) return id;
  const auto bits = static_cast<std::uint32_t>(id);
  return static_cast<TokenId>(bits >> 24U | (bits >> 8U & 0xff00U) | (bits << 8U & 0xff0000U) | bits << 24U);
}

void checkFile(std::intptr_t file, const IdFileRange& range, const std::string& state) {
  const Index size = sizeOf(file, range.path);
  if (size % idBytes != 0 || size / idBytes != range.total) {
    throw cannotRead(range.path, "it has " + std::to_string(size) + " bytes, but " + std::to_string(range.total) +
                                     " ids of 4 bytes were expected; it was cut short or replaced");
  }
  if (!state.empty() && !isOfState(file, range.path, state)) {
    throw cannotRead(range.path, "it was changed or replaced after its text was read: read the text again");
  }
  if (range.first < 0 || range.count < 0 || range.first > range.total - range.count) {
    const std::string received = std::to_string(range.count) + " ids from number " + std::to_string(range.first);
    throw Error("ERR_UNROLLED_SHAPE", "A range must lie inside the file's ids; " + received + " on do not")
        .about("ids", "a range of " + std::to_string(range.total) + " ids", received);
  }
}

}  // namespace

FileIds::FileIds(IdFileRange range, Index vocabulary, const std::string& state)
    : range_(std::move(range)), vocabulary_(vocabulary), file_(openFile(range_.path)) {
  try {
    checkFile(file_, range_, state);
  } catch (...) {
    closeFile(file_);
    throw;
  }
}

FileIds::~FileIds() { closeFile(file_); }

void FileIds::read(Index first, Index count, TokenId* to) const {
  Index offset = (range_.first + first) * idBytes;
  char* target = reinterpret_cast<char*>(to);
  for (Index left = count * idBytes; left > 0;) {
    const Index got = readAt(file_, range_.path, offset, std::min(left, largestRead), target);
    if (got == 0) throw cannotRead(range_.path, "it has become shorter while it was in use");
    offset += got;
    target += got;
    left -= got;
  }
  for (Index i = 0; i < count; ++i) {
    to[i] = littleEndian(to[i]);
    if (to[i] >= 0 && to[i] < vocabulary_) continue;
    throw cannotRead(range_.path, "number " + std::to_string(range_.first + first + i) + " is " +
                                      std::to_string(to[i]) + ", which is not an id below " +
                                      std::to_string(vocabulary_));
  }
}

}  // namespace unrolled
