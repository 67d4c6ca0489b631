using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    // C# operators. As in Python, == and its like compare element by element.
    public partial class Tensor
    {
        /// <summary>See torch.add.</summary>
        public static Tensor operator +(Tensor left, Tensor right) => Aten.add_Tensor.Call(left, right);

        /// <summary>See torch.add.</summary>
        public static Tensor operator +(Tensor left, Scalar right) => Aten.add_Scalar.Call(left, right);

        /// <summary>See torch.add.</summary>
        public static Tensor operator +(Tensor left, double right) => Aten.add_Scalar.Call(left, right);

        /// <summary>See torch.add.</summary>
        public static Tensor operator +(Tensor left, float right) => Aten.add_Scalar.Call(left, right);

        /// <summary>See torch.add.</summary>
        public static Tensor operator +(Tensor left, long right) => Aten.add_Scalar.Call(left, right);

        /// <summary>See torch.add.</summary>
        public static Tensor operator +(Tensor left, int right) => Aten.add_Scalar.Call(left, right);

        /// <summary>See torch.add.</summary>
        public static Tensor operator +(Scalar left, Tensor right) => Aten.add_Scalar.Call(right, left);

        /// <summary>See torch.add.</summary>
        public static Tensor operator +(double left, Tensor right) => Aten.add_Scalar.Call(right, left);

        /// <summary>See torch.add.</summary>
        public static Tensor operator +(float left, Tensor right) => Aten.add_Scalar.Call(right, left);

        /// <summary>See torch.add.</summary>
        public static Tensor operator +(long left, Tensor right) => Aten.add_Scalar.Call(right, left);

        /// <summary>See torch.add.</summary>
        public static Tensor operator +(int left, Tensor right) => Aten.add_Scalar.Call(right, left);

        /// <summary>See torch.sub.</summary>
        public static Tensor operator -(Tensor left, Tensor right) => Aten.sub_Tensor.Call(left, right);

        /// <summary>See torch.sub.</summary>
        public static Tensor operator -(Tensor left, Scalar right) => Aten.sub_Scalar.Call(left, right);

        /// <summary>See torch.sub.</summary>
        public static Tensor operator -(Tensor left, double right) => Aten.sub_Scalar.Call(left, right);

        /// <summary>See torch.sub.</summary>
        public static Tensor operator -(Tensor left, float right) => Aten.sub_Scalar.Call(left, right);

        /// <summary>See torch.sub.</summary>
        public static Tensor operator -(Tensor left, long right) => Aten.sub_Scalar.Call(left, right);

        /// <summary>See torch.sub.</summary>
        public static Tensor operator -(Tensor left, int right) => Aten.sub_Scalar.Call(left, right);

        /// <summary>See torch.sub.</summary>
        public static Tensor operator -(Scalar left, Tensor right) => Aten.rsub_Scalar.Call(right, left);

        /// <summary>See torch.sub.</summary>
        public static Tensor operator -(double left, Tensor right) => Aten.rsub_Scalar.Call(right, left);

        /// <summary>See torch.sub.</summary>
        public static Tensor operator -(float left, Tensor right) => Aten.rsub_Scalar.Call(right, left);

        /// <summary>See torch.sub.</summary>
        public static Tensor operator -(long left, Tensor right) => Aten.rsub_Scalar.Call(right, left);

        /// <summary>See torch.sub.</summary>
        public static Tensor operator -(int left, Tensor right) => Aten.rsub_Scalar.Call(right, left);

        /// <summary>See torch.mul.</summary>
        public static Tensor operator *(Tensor left, Tensor right) => Aten.mul_Tensor.Call(left, right);

        /// <summary>See torch.mul.</summary>
        public static Tensor operator *(Tensor left, Scalar right) => Aten.mul_Scalar.Call(left, right);

        /// <summary>See torch.mul.</summary>
        public static Tensor operator *(Tensor left, double right) => Aten.mul_Scalar.Call(left, right);

        /// <summary>See torch.mul.</summary>
        public static Tensor operator *(Tensor left, float right) => Aten.mul_Scalar.Call(left, right);

        /// <summary>See torch.mul.</summary>
        public static Tensor operator *(Tensor left, long right) => Aten.mul_Scalar.Call(left, right);

        /// <summary>See torch.mul.</summary>
        public static Tensor operator *(Tensor left, int right) => Aten.mul_Scalar.Call(left, right);

        /// <summary>See torch.mul.</summary>
        public static Tensor operator *(Scalar left, Tensor right) => Aten.mul_Scalar.Call(right, left);

        /// <summary>See torch.mul.</summary>
        public static Tensor operator *(double left, Tensor right) => Aten.mul_Scalar.Call(right, left);

        /// <summary>See torch.mul.</summary>
        public static Tensor operator *(float left, Tensor right) => Aten.mul_Scalar.Call(right, left);

        /// <summary>See torch.mul.</summary>
        public static Tensor operator *(long left, Tensor right) => Aten.mul_Scalar.Call(right, left);

        /// <summary>See torch.mul.</summary>
        public static Tensor operator *(int left, Tensor right) => Aten.mul_Scalar.Call(right, left);

        /// <summary>See torch.div.</summary>
        public static Tensor operator /(Tensor left, Tensor right) => Aten.div_Tensor.Call(left, right);

        /// <summary>See torch.div.</summary>
        public static Tensor operator /(Tensor left, Scalar right) => Aten.div_Scalar.Call(left, right);

        /// <summary>See torch.div.</summary>
        public static Tensor operator /(Tensor left, double right) => Aten.div_Scalar.Call(left, right);

        /// <summary>See torch.div.</summary>
        public static Tensor operator /(Tensor left, float right) => Aten.div_Scalar.Call(left, right);

        /// <summary>See torch.div.</summary>
        public static Tensor operator /(Tensor left, long right) => Aten.div_Scalar.Call(left, right);

        /// <summary>See torch.div.</summary>
        public static Tensor operator /(Tensor left, int right) => Aten.div_Scalar.Call(left, right);

        /// <summary>See torch.div.</summary>
        public static Tensor operator /(Scalar left, Tensor right) => Divide(left, right);

        /// <summary>See torch.div.</summary>
        public static Tensor operator /(double left, Tensor right) => Divide(left, right);

        /// <summary>See torch.div.</summary>
        public static Tensor operator /(float left, Tensor right) => Divide(left, right);

        /// <summary>See torch.div.</summary>
        public static Tensor operator /(long left, Tensor right) => Divide(left, right);

        /// <summary>See torch.div.</summary>
        public static Tensor operator /(int left, Tensor right) => Divide(left, right);

        // Not in place: the derivative of the reciprocal needs its value.
        private static Tensor Divide(Scalar left, Tensor right)
        {
            using var reciprocal = right.reciprocal();
            return reciprocal.mul(left);
        }

        /// <summary>See torch.remainder.</summary>
        public static Tensor operator %(Tensor left, Tensor right) => Aten.remainder_Tensor.Call(left, right);

        /// <summary>See torch.remainder.</summary>
        public static Tensor operator %(Tensor left, Scalar right) => Aten.remainder_Scalar.Call(left, right);

        /// <summary>See torch.remainder.</summary>
        public static Tensor operator %(Tensor left, double right) => Aten.remainder_Scalar.Call(left, right);

        /// <summary>See torch.remainder.</summary>
        public static Tensor operator %(Tensor left, float right) => Aten.remainder_Scalar.Call(left, right);

        /// <summary>See torch.remainder.</summary>
        public static Tensor operator %(Tensor left, long right) => Aten.remainder_Scalar.Call(left, right);

        /// <summary>See torch.remainder.</summary>
        public static Tensor operator %(Tensor left, int right) => Aten.remainder_Scalar.Call(left, right);

        /// <summary>See torch.neg.</summary>
        public static Tensor operator -(Tensor tensor) => tensor.neg();

        /// <summary>See torch.bitwise_not.</summary>
        public static Tensor operator ~(Tensor left) => left.bitwise_not();

        /// <summary>See torch.bitwise_and.</summary>
        public static Tensor operator &(Tensor left, Tensor right) => left.bitwise_and(right);

        /// <summary>See torch.bitwise_or.</summary>
        public static Tensor operator |(Tensor left, Tensor right) => left.bitwise_or(right);

        /// <summary>See torch.bitwise_xor.</summary>
        public static Tensor operator ^(Tensor left, Tensor right) => left.bitwise_xor(right);

        /// <summary>See torch.eq.</summary>
        public static Tensor operator ==(Tensor left, Tensor right) => left.eq(right);

        /// <summary>See torch.eq.</summary>
        public static Tensor operator ==(Tensor left, Scalar right) => left.eq(right);

        /// <summary>See torch.eq.</summary>
        public static Tensor operator ==(Scalar left, Tensor right) => right.eq(left);

        /// <summary>See torch.ne.</summary>
        public static Tensor operator !=(Tensor left, Tensor right) => left.ne(right);

        /// <summary>See torch.ne.</summary>
        public static Tensor operator !=(Tensor left, Scalar right) => left.ne(right);

        /// <summary>See torch.ne.</summary>
        public static Tensor operator !=(Scalar left, Tensor right) => right.ne(left);

        /// <summary>See torch.lt.</summary>
        public static Tensor operator <(Tensor left, Tensor right) => left.lt(right);

        /// <summary>See torch.lt.</summary>
        public static Tensor operator <(Tensor left, Scalar right) => left.lt(right);

        /// <summary>See torch.lt.</summary>
        public static Tensor operator <(Scalar left, Tensor right) => right.gt(left);

        /// <summary>See torch.gt.</summary>
        public static Tensor operator >(Tensor left, Tensor right) => left.gt(right);

        /// <summary>See torch.gt.</summary>
        public static Tensor operator >(Tensor left, Scalar right) => left.gt(right);

        /// <summary>See torch.gt.</summary>
        public static Tensor operator >(Scalar left, Tensor right) => right.lt(left);

        /// <summary>See torch.le.</summary>
        public static Tensor operator <=(Tensor left, Tensor right) => left.le(right);

        /// <summary>See torch.le.</summary>
        public static Tensor operator <=(Tensor left, Scalar right) => left.le(right);

        /// <summary>See torch.le.</summary>
        public static Tensor operator <=(Scalar left, Tensor right) => right.ge(left);

        /// <summary>See torch.ge.</summary>
        public static Tensor operator >=(Tensor left, Tensor right) => left.ge(right);

        /// <summary>See torch.ge.</summary>
        public static Tensor operator >=(Tensor left, Scalar right) => left.ge(right);

        /// <summary>See torch.ge.</summary>
        public static Tensor operator >=(Scalar left, Tensor right) => right.le(left);

        /// <summary>The value of a tensor with one element.</summary>
        public static explicit operator bool(Tensor value) => value.ToBoolean();

        /// <summary>The value of a tensor with one element.</summary>
        public static explicit operator byte(Tensor value) => value.ToByte();

        /// <summary>The value of a tensor with one element.</summary>
        public static explicit operator sbyte(Tensor value) => value.ToSByte();

        /// <summary>The value of a tensor with one element.</summary>
        public static explicit operator short(Tensor value) => value.ToInt16();

        /// <summary>The value of a tensor with one element.</summary>
        public static explicit operator int(Tensor value) => value.ToInt32();

        /// <summary>The value of a tensor with one element.</summary>
        public static explicit operator long(Tensor value) => value.ToInt64();

        /// <summary>The value of a tensor with one element.</summary>
        public static explicit operator float(Tensor value) => value.ToSingle();

        /// <summary>The value of a tensor with one element.</summary>
        public static explicit operator double(Tensor value) => value.ToDouble();

        /// <summary>A tensor without dimensions.</summary>
        public static implicit operator Tensor(bool value) => torch.tensor(value);

        /// <summary>A tensor with one dimension.</summary>
        public static implicit operator Tensor(bool[] value) => torch.tensor(value);

        /// <summary>A tensor without dimensions.</summary>
        public static implicit operator Tensor(byte value) => torch.tensor(value);

        /// <summary>A tensor with one dimension.</summary>
        public static implicit operator Tensor(byte[] value) => torch.tensor(value);

        /// <summary>A tensor without dimensions.</summary>
        public static implicit operator Tensor(sbyte value) => torch.tensor(value);

        /// <summary>A tensor with one dimension.</summary>
        public static implicit operator Tensor(sbyte[] value) => torch.tensor(value);

        /// <summary>A tensor without dimensions.</summary>
        public static implicit operator Tensor(short value) => torch.tensor(value);

        /// <summary>A tensor with one dimension.</summary>
        public static implicit operator Tensor(short[] value) => torch.tensor(value);

        /// <summary>A tensor without dimensions.</summary>
        public static implicit operator Tensor(int value) => torch.tensor(value);

        /// <summary>A tensor with one dimension.</summary>
        public static implicit operator Tensor(int[] value) => torch.tensor(value);

        /// <summary>A tensor without dimensions.</summary>
        public static implicit operator Tensor(long value) => torch.tensor(value);

        /// <summary>A tensor with one dimension.</summary>
        public static implicit operator Tensor(long[] value) => torch.tensor(value);

        /// <summary>A tensor without dimensions.</summary>
        public static implicit operator Tensor(float value) => torch.tensor(value);

        /// <summary>A tensor with one dimension.</summary>
        public static implicit operator Tensor(float[] value) => torch.tensor(value);

        /// <summary>A tensor without dimensions.</summary>
        public static implicit operator Tensor(double value) => torch.tensor(value);

        /// <summary>A tensor with one dimension.</summary>
        public static implicit operator Tensor(double[] value) => torch.tensor(value);

        /// <summary>A tensor without dimensions.</summary>
        public static implicit operator Tensor(Scalar scalar) => Aten.scalar_tensor.Call(scalar, scalar.Type == ScalarType.Float64 ? get_default_dtype() : scalar.Type);
    }
}
