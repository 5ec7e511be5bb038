#include "collector/keys.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/fd.h"

namespace fengsui::collector {

namespace {

constexpr std::string_view kSigning[] = {"collector.key", "attester.key", "operator.key", "second.key"};

base::Status private_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return base::fail(base::Errc::io, "create folder " + folder.string() + ": " + error.message());
  if (::chmod(folder.c_str(), 0700) != 0) return base::fail_errno("chmod", folder.string(), errno);
  return {};
}

}  // namespace

Keys::Keys(std::filesystem::path folder, wire::CurveKeys curve, crypto::SigningKey collector,
           crypto::SigningKey attester, crypto::SigningKey operator_key, crypto::SigningKey second)
    : folder_(std::move(folder)),
      curve_(std::move(curve)),
      collector_(std::move(collector)),
      attester_(std::move(attester)),
      operator_(std::move(operator_key)),
      second_(std::move(second)) {}

base::Result<Keys> Keys::create(const std::filesystem::path& folder) {
  if (auto made = private_folder(folder); !made) return std::unexpected(made.error());
  auto curve_file = folder / "curve.key";
  if (std::filesystem::exists(curve_file))
    return base::fail(base::Errc::exists, "key file " + curve_file.string() + " exists");
  for (auto name : kSigning)
    if (auto made = crypto::SigningKey::create_file((folder / name).string()); !made)
      return std::unexpected(made.error());
  auto curve = wire::CurveKeys::generate();
  if (auto written = base::write_file_durable(curve_file, curve.secret.view(), 0600); !written)
    return std::unexpected(written.error());
  return load(folder);
}

base::Result<Keys> Keys::load(const std::filesystem::path& folder) {
  auto curve_file = folder / "curve.key";
  struct stat info {};
  if (::stat(curve_file.c_str(), &info) != 0) return base::fail_errno("stat key file", curve_file.string(), errno);
  if ((info.st_mode & 077) != 0)
    return base::fail(base::Errc::denied,
                      "key file " + curve_file.string() + " can be read by others; it must have mode 0600");
  auto secret = base::read_file(curve_file, 32);
  if (!secret) return std::unexpected(secret.error());
  if (secret->size() != 32)
    return base::fail(base::Errc::malformed, "key file " + curve_file.string() + " does not hold exactly 32 bytes");
  auto curve = wire::CurveKeys::from_secret(*secret);
  crypto::wipe(*secret);
  if (!curve) return std::unexpected(curve.error());
  auto collector = crypto::SigningKey::load_file((folder / kSigning[0]).string());
  if (!collector) return std::unexpected(collector.error());
  auto attester = crypto::SigningKey::load_file((folder / kSigning[1]).string());
  if (!attester) return std::unexpected(attester.error());
  auto operator_key = crypto::SigningKey::load_file((folder / kSigning[2]).string());
  if (!operator_key) return std::unexpected(operator_key.error());
  auto second = crypto::SigningKey::load_file((folder / kSigning[3]).string());
  if (!second) return std::unexpected(second.error());
  return Keys(folder, std::move(*curve), std::move(*collector), std::move(*attester), std::move(*operator_key),
              std::move(*second));
}

base::Result<const crypto::SigningKey*> Keys::log(const std::string& unit) {
  return named("log-" + unit + ".key");
}

base::Result<const crypto::SigningKey*> Keys::named(const std::string& name) {
  if (auto known = logs_.find(name); known != logs_.end()) return &known->second;
  auto file = (folder_ / name).string();
  auto key = crypto::SigningKey::load_file(file);
  if (!key && key.error().code == base::Errc::not_found) key = crypto::SigningKey::create_file(file);
  if (!key) return std::unexpected(key.error());
  return &logs_.emplace(name, std::move(*key)).first->second;
}

}  // namespace fengsui::collector
