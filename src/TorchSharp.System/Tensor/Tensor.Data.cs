using TorchSharp.Interop;
using TorchSharp.Utils;

namespace TorchSharp;

public static partial class torch
{
    // Reading and writing elements from .NET.
    public partial class Tensor
    {
        /// <summary>The address of the first element.</summary>
        internal nint DataPointer()
        {
            Native.Check(Native.tss_tensor_data(Handle, out nint data));
            return data;
        }

        /// <summary>The elements as values of .NET; a tensor of another device is copied to the CPU.</summary>
        public TensorAccessor<T> data<T>() where T : unmanaged
        {
            ValidateType(typeof(T));
            return new TensorAccessor<T>(device_type == DeviceType.CPU ? this : cpu());
        }

        /// <summary>The value of a tensor with one element.</summary>
        public T item<T>() where T : unmanaged
        {
            if (NumberOfElements != 1) throw new ArgumentException("Number of elements in the tensor must be 1");
            if (device_type == DeviceType.CPU) return TensorAccessor<T>.ReadItemAt(this, 0);
            using Tensor copy = cpu();
            return TensorAccessor<T>.ReadItemAt(copy, 0);
        }

        /// <summary>The value of a tensor with one element.</summary>
        public Scalar ToScalar()
        {
            if (NumberOfElements != 1) throw new ArgumentException("Number of elements in the tensor must be 1");
            if (is_complex()) return this.ToComplex64();
            if (dtype == ScalarType.Bool) return this.ToBoolean();
            return is_integral() ? this.ToInt64() : this.ToDouble();
        }

        internal void ValidateType(Type type)
        {
            if (dtype.ElementType() is not { } expected || expected != type)
                throw new ArgumentException($"{type.Name} is not compatible with {dtype}");
        }

        /// <summary>The memory of a contiguous CPU tensor. Valid as long as the tensor.</summary>
        public unsafe Span<byte> bytes
        {
            get
            {
                long length = NumberOfElements * ElementSize;
                RequireReadable(length);
                return new Span<byte>((void*)DataPointer(), (int)length);
            }
            set
            {
                if (!is_contiguous()) throw new InvalidOperationException("SetBytes() called on non-contiguous tensor.");
                if (NumberOfElements * ElementSize != value.Length) throw new ArgumentException("Mismatched data sizes in SetBytes().");
                RequireReadable(value.Length);
                value.CopyTo(new Span<byte>((void*)DataPointer(), value.Length));
            }
        }

        private void RequireReadable(long length)
        {
            if (!is_contiguous()) throw new InvalidOperationException("Bytes() called on non-contiguous tensor.");
            if (length > int.MaxValue) throw new ArgumentException("Span only supports up to int.MaxValue elements.");
            if (device_type != DeviceType.CPU)
                throw new InvalidOperationException("Reading data from non-CPU memory is not supported. Move or copy the tensor to the cpu before reading.");
        }

        /// <summary>Writes the memory of a contiguous CPU tensor to a stream.</summary>
        public unsafe void WriteBytesToStream(Stream stream, int bufferSize = 1024)
        {
            RequireReadable(0);
            byte* data = (byte*)DataPointer();
            long left = NumberOfElements * ElementSize;
            // In pieces: a span can't hold more than 2 GiB.
            for (int piece; left > 0; data += piece, left -= piece)
            {
                piece = (int)Math.Min(left, 1 << 30);
                stream.Write(new ReadOnlySpan<byte>(data, piece));
            }
            GC.KeepAlive(this);
        }

        /// <summary>Fills the memory of a contiguous CPU tensor from a stream, straight into its final place.</summary>
        public unsafe void ReadBytesFromStream(Stream stream, int bufferSize = 1024)
        {
            RequireReadable(0);
            byte* data = (byte*)DataPointer();
            long left = NumberOfElements * ElementSize;
            for (int piece; left > 0; data += piece, left -= piece)
            {
                piece = (int)Math.Min(left, 1 << 30);
                stream.ReadExactly(new Span<byte>(data, piece));
            }
            GC.KeepAlive(this);
        }

        /// <summary>Element <paramref name="i"/> in row-major order.</summary>
        public T ReadCpuValue<T>(long i) where T : unmanaged => TensorAccessor<T>.ReadItemAt(this, i);

        /// <inheritdoc cref="ReadCpuValue{T}"/>
        public bool ReadCpuBool(long i) => ReadCpuValue<bool>(i);

        /// <inheritdoc cref="ReadCpuValue{T}"/>
        public byte ReadCpuByte(long i) => ReadCpuValue<byte>(i);

        /// <inheritdoc cref="ReadCpuValue{T}"/>
        public sbyte ReadCpuSByte(long i) => ReadCpuValue<sbyte>(i);

        /// <inheritdoc cref="ReadCpuValue{T}"/>
        public short ReadCpuInt16(long i) => ReadCpuValue<short>(i);

        /// <inheritdoc cref="ReadCpuValue{T}"/>
        public int ReadCpuInt32(long i) => ReadCpuValue<int>(i);

        /// <inheritdoc cref="ReadCpuValue{T}"/>
        public long ReadCpuInt64(long i) => ReadCpuValue<long>(i);

        /// <inheritdoc cref="ReadCpuValue{T}"/>
        public float ReadCpuSingle(long i) => ReadCpuValue<float>(i);

        /// <inheritdoc cref="ReadCpuValue{T}"/>
        public double ReadCpuDouble(long i) => ReadCpuValue<double>(i);

        /// <inheritdoc cref="ReadCpuValue{T}"/>
        public float ReadCpuFloat16(long i) => (float)ReadCpuValue<Half>(i);
    }
}
