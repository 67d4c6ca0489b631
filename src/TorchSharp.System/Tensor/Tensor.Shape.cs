using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    // Views and rearrangements.
    public partial class Tensor
    {
        /// <summary>See torch.reshape.</summary>
        public Tensor reshape(params long[] shape) => Aten.reshape.Call(this, shape);

        /// <summary>See torch.view.</summary>
        public Tensor view(params long[] shape) => Aten.view.Call(this, shape);

        /// <summary>See torch.view_as.</summary>
        public Tensor view_as(Tensor other) => Aten.view_as.Call(this, other);

        /// <summary>See torch.flatten.</summary>
        public Tensor flatten(long start_dim = 0, long end_dim = -1) => Aten.flatten_using_ints.Call(this, start_dim, end_dim);

        /// <summary>See torch.unflatten.</summary>
        public Tensor unflatten(long dim, params long[] sizes) => Aten.unflatten_int.Call(this, dim, sizes);

        /// <summary>See torch.unflatten.</summary>
        public Tensor unflatten(long dim, Size sizes) => unflatten(dim, sizes.Shape);

        /// <summary>See torch.ravel.</summary>
        public Tensor ravel() => Aten.ravel.Call(this);

        /// <summary>See torch.permute.</summary>
        public Tensor permute(params long[] permutation) => Aten.permute.Call(this, permutation);

        /// <summary>See torch.permute.</summary>
        public Tensor permute(IEnumerable<long> permutation) => permute(permutation.ToArray());

        /// <summary>See torch.transpose.</summary>
        public Tensor transpose(long dim0, long dim1) => Aten.transpose_int.Call(this, dim0, dim1);

        /// <summary>See torch.transpose, in place.</summary>
        public Tensor transpose_(long dim0, long dim1) => Aten.transpose_.InPlace(this, dim0, dim1);

        /// <summary>See torch.swapaxes.</summary>
        public Tensor swapaxes(long dim0, long dim1) => transpose(dim0, dim1);

        /// <summary>See torch.swapdims.</summary>
        public Tensor swapdims(long dim0, long dim1) => transpose(dim0, dim1);

        /// <summary>See torch.t.</summary>
        public Tensor t() => Aten.t.Call(this);

        /// <summary>See torch.adjoint.</summary>
        public Tensor adjoint() => Aten.adjoint.Call(this);

        /// <summary>See torch.movedim.</summary>
        public Tensor movedim(long[] source, long[] destination) => Aten.movedim_intlist.Call(this, source, destination);

        /// <summary>See torch.moveaxis.</summary>
        public Tensor moveaxis(long[] source, long[] destination) => movedim(source, destination);

        /// <summary>See torch.squeeze.</summary>
        public Tensor squeeze(long? dim = null) => dim is { } d ? Aten.squeeze_dim.Call(this, d) : Aten.squeeze.Call(this);

        /// <summary>See torch.squeeze, in place.</summary>
        public Tensor squeeze_(long? dim = null) => dim is { } d ? Aten.squeeze__dim.InPlace(this, d) : Aten.squeeze_.InPlace(this);

        /// <summary>See torch.unsqueeze.</summary>
        public Tensor unsqueeze(long dim) => Aten.unsqueeze.Call(this, dim);

        /// <summary>See torch.unsqueeze, in place.</summary>
        public Tensor unsqueeze_(long dim) => Aten.unsqueeze_.InPlace(this, dim);

        /// <summary>See torch.expand.</summary>
        public Tensor expand(params long[] sizes) => Aten.expand.Call(this, sizes);

        /// <summary>See torch.expand.</summary>
        public Tensor expand(long[] sizes, bool isImplicit = false) => Aten.expand.Call(this, sizes, isImplicit);

        /// <summary>See torch.expand.</summary>
        public Tensor expand(Size sizes, bool isImplicit = false) => Aten.expand.Call(this, sizes.Shape, isImplicit);

        /// <summary>See torch.expand_as.</summary>
        public Tensor expand_as(Tensor other) => Aten.expand_as.Call(this, other);

        /// <summary>See torch.broadcast_to.</summary>
        public Tensor broadcast_to(params long[] shape) => Aten.broadcast_to.Call(this, shape);

        /// <summary>See torch.repeat.</summary>
        public Tensor repeat(params long[] sizes) => Aten.repeat.Call(this, sizes);

        /// <summary>See torch.repeat_interleave.</summary>
        public Tensor repeat_interleave(long repeats, long? dim = null, long? output_size = null) => Aten.repeat_interleave_self_int.Call(this, repeats, dim, output_size);

        /// <summary>See torch.repeat_interleave.</summary>
        public Tensor repeat_interleave(Tensor repeats, long? dim = null, long? output_size = null) => Aten.repeat_interleave_self_Tensor.Call(this, repeats, dim, output_size);

        /// <summary>See torch.tile.</summary>
        public Tensor tile(long[] reps) => Aten.tile.Call(this, reps);

        /// <summary>See torch.roll.</summary>
        public Tensor roll(long shifts, long? dims = null) => Aten.roll.Call(this, Dims(shifts), dims is { } d ? Dims(d) : Dims());

        /// <summary>See torch.roll.</summary>
        public Tensor roll(long[] shifts) => Aten.roll.Call(this, shifts);

        /// <summary>See torch.roll.</summary>
        public Tensor roll(long[] shifts, long[] dims) => Aten.roll.Call(this, shifts, dims);

        /// <summary>See torch.roll.</summary>
        public Tensor roll((long, long) shifts, (long, long) dims) => Aten.roll.Call(this, Dims(shifts.Item1, shifts.Item2), Dims(dims.Item1, dims.Item2));

        /// <summary>See torch.roll.</summary>
        public Tensor roll((long, long, long) shifts, (long, long, long) dims) => Aten.roll.Call(this, Dims(shifts.Item1, shifts.Item2, shifts.Item3), Dims(dims.Item1, dims.Item2, dims.Item3));

        /// <summary>See torch.roll.</summary>
        public Tensor roll(ReadOnlySpan<long> shifts, ReadOnlySpan<long> dims = default) => Aten.roll.Call(this, shifts, dims);

        /// <summary>See torch.flip.</summary>
        public Tensor flip(params long[] dims) => Aten.flip.Call(this, dims);

        /// <summary>See torch.fliplr.</summary>
        public Tensor fliplr() => Aten.fliplr.Call(this);

        /// <summary>See torch.flipud.</summary>
        public Tensor flipud() => Aten.flipud.Call(this);

        /// <summary>See torch.rot90.</summary>
        public Tensor rot90(long k = 1, (long, long)? dims = null) => Aten.rot90.Call(this, k, dims is { } d ? Dims(d.Item1, d.Item2) : Dims(0, 1));

        /// <summary>See torch.tril.</summary>
        public Tensor tril(long diagonal = 0) => Aten.tril.Call(this, diagonal);

        /// <summary>See torch.tril, in place.</summary>
        public Tensor tril_(long diagonal = 0) => Aten.tril_.InPlace(this, diagonal);

        /// <summary>See torch.triu.</summary>
        public Tensor triu(long diagonal = 0) => Aten.triu.Call(this, diagonal);

        /// <summary>See torch.triu, in place.</summary>
        public Tensor triu_(long diagonal = 0) => Aten.triu_.InPlace(this, diagonal);

        /// <summary>See torch.diag.</summary>
        public Tensor diag(long diagonal = 0) => Aten.diag.Call(this, diagonal);

        /// <summary>See torch.diag_embed.</summary>
        public Tensor diag_embed(long offset = 0, long dim1 = -2, long dim2 = -1) => Aten.diag_embed.Call(this, offset, dim1, dim2);

        /// <summary>See torch.diagonal.</summary>
        public Tensor diagonal(long offset = 0, long dim1 = 0, long dim2 = 1) => Aten.diagonal.Call(this, offset, dim1, dim2);

        /// <summary>See torch.diff.</summary>
        public Tensor diff(long n = 1, long dim = -1, Tensor? prepend = null, Tensor? append = null) => Aten.diff.Call(this, n, dim, prepend, append);

        /// <summary>See torch.unfold.</summary>
        public Tensor unfold(long dimension, long size, long step) => Aten.unfold.Call(this, dimension, size, step);

        /// <summary>See torch.as_strided.</summary>
        public Tensor as_strided(long[] size, long[] strides, long storageOffset = 0) => Aten.as_strided.Call(this, size, strides, storageOffset);

        /// <summary>See torch.channel_shuffle.</summary>
        public Tensor channel_shuffle(long groups) => Aten.channel_shuffle.Call(this, groups);

        /// <summary>See torch.view_as_complex.</summary>
        public Tensor view_as_complex() => Aten.view_as_complex.Call(this);

        /// <summary>See torch.view_as_real.</summary>
        public Tensor view_as_real() => Aten.view_as_real.Call(this);

        /// <summary>See torch.conj.</summary>
        public Tensor conj() => Aten.conj.Call(this);

        /// <summary>See torch.conj_physical.</summary>
        public Tensor conj_physical() => Aten.conj_physical.Call(this);

        /// <summary>See torch.resolve_conj.</summary>
        public Tensor resolve_conj() => Aten.resolve_conj.Call(this);

        /// <summary>See torch.resolve_neg.</summary>
        public Tensor resolve_neg() => Aten.resolve_neg.Call(this);

        /// <summary>See torch.contiguous.</summary>
        public Tensor contiguous() => Aten.contiguous.Call(this);

        /// <summary>See torch.clone.</summary>
        public Tensor clone() => Aten.clone.Call(this);

        /// <summary>See torch.atleast_1d.</summary>
        public Tensor atleast_1d() => Aten.atleast_1d.Call(this);

        /// <summary>See torch.atleast_2d.</summary>
        public Tensor atleast_2d() => Aten.atleast_2d.Call(this);

        /// <summary>See torch.atleast_3d.</summary>
        public Tensor atleast_3d() => Aten.atleast_3d.Call(this);
    }
}
