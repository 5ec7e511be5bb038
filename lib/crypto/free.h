// Owning what a C library hands out: std::unique_ptr<X509, Free<X509_free>>.
#pragma once

namespace fengsui::crypto {

template <auto F>
struct Free {
  template <class T>
  void operator()(T* p) const {
    F(p);
  }
};

}  // namespace fengsui::crypto
