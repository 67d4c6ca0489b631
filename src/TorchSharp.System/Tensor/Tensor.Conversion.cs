using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    // Other types and devices. A conversion to what the tensor already is returns a second object on the same memory.
    public partial class Tensor
    {
        /// <summary>The tensor with elements of another type.</summary>
        public Tensor to_type(ScalarType type, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            Then(disposeAfter, Aten.to_dtype.Call(this, type, non_blocking, copy));

        /// <summary>The tensor with elements of another type.</summary>
        public Tensor to(ScalarType type, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            to_type(type, copy, disposeAfter, non_blocking);

        /// <summary>The tensor on another device.</summary>
        public Tensor to(Device device, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            Then(disposeAfter, Aten.to_device.Call(this, InitializeDevice(device), dtype, non_blocking, copy));

        /// <summary>The tensor on another device.</summary>
        public Tensor to(DeviceType deviceType, int deviceIndex = -1, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            to(new Device(deviceType, deviceIndex), copy, disposeAfter, non_blocking);

        /// <summary>The tensor on another device, such as "cuda:0".</summary>
        public Tensor to(string device, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            to(new Device(device), copy, disposeAfter, non_blocking);

        /// <summary>The tensor with elements of another type, on another device.</summary>
        public Tensor to(ScalarType type, Device device, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            Then(disposeAfter, Aten.to_device.Call(this, InitializeDevice(device), type, non_blocking, copy));

        /// <summary>The tensor with the type and device of another.</summary>
        public Tensor to(Tensor other, bool non_blocking = false) => to(other.dtype, other.device, non_blocking: non_blocking);

        private Tensor Then(bool dispose, Tensor result)
        {
            if (dispose) Dispose();
            return result;
        }

        internal bool WillCopy(ScalarType type, Device place) =>
            type != dtype || place.type != device_type || (place.index >= 0 && device_index >= 0 && place.index != device_index);

        /// <summary>The tensor with the element type of another.</summary>
        public Tensor type_as(Tensor tensor) => to_type(tensor.dtype);

        /// <summary>The tensor with elements of another type.</summary>
        public Tensor type(ScalarType dtype) => to_type(dtype);

        /// <summary>The tensor on the CPU.</summary>
        public Tensor cpu() => to(CPU);

        /// <summary>The tensor on a CUDA device, the current one by default.</summary>
        public Tensor cuda(Device? device = null, bool non_blocking = false)
        {
            if (device is not null && device.type != DeviceType.CUDA) throw new ArgumentException("Not a CUDA device.", nameof(device));
            return to(device ?? new Device(DeviceType.CUDA), non_blocking: non_blocking);
        }

        /// <summary>Elements as booleans: not zero.</summary>
        public Tensor @bool() => to_type(ScalarType.Bool);

        /// <summary>Elements as unsigned 8-bit integers.</summary>
        public Tensor @byte() => to_type(ScalarType.Byte);

        /// <summary>Elements as signed 8-bit integers.</summary>
        public Tensor @char() => to_type(ScalarType.Int8);

        /// <summary>Elements as 16-bit integers.</summary>
        public Tensor @short() => to_type(ScalarType.Int16);

        /// <summary>Elements as 32-bit integers.</summary>
        public Tensor @int() => to_type(ScalarType.Int32);

        /// <summary>Elements as 64-bit integers.</summary>
        public Tensor @long() => to_type(ScalarType.Int64);

        /// <summary>Elements as half-precision numbers.</summary>
        public Tensor half() => to_type(ScalarType.Float16);

        /// <summary>Elements as bfloat16 numbers.</summary>
        public Tensor bfloat16() => to_type(ScalarType.BFloat16);

        /// <summary>Elements as single-precision numbers.</summary>
        public Tensor @float() => to_type(ScalarType.Float32);

        /// <summary>Elements as double-precision numbers.</summary>
        public Tensor @double() => to_type(ScalarType.Float64);

        /// <summary>Copies the values of another tensor, broadcast and converted, into this one.</summary>
        public Tensor copy_(Tensor source, bool nonBlocking = false) => Aten.copy_.InPlace(this, source, nonBlocking);

        /// <summary>Sets every element.</summary>
        public Tensor fill_(Scalar value) => Aten.fill__Scalar.InPlace(this, value);

        /// <summary>Sets every element to zero.</summary>
        public Tensor zero_() => Aten.zero_.InPlace(this);
    }
}
