namespace TorchSharp;

// Views and rearrangements.
public static partial class torch
{
    /// <summary>See torch.reshape.</summary>
    public static Tensor reshape(Tensor input, params long[] shape) => input.reshape(shape);

    /// <summary>See torch.flatten.</summary>
    public static Tensor flatten(Tensor input, long start_dim = 0, long end_dim = -1) => input.flatten(start_dim, end_dim);

    /// <summary>See torch.unflatten.</summary>
    public static Tensor unflatten(Tensor input, long dim, params long[] sizes) => input.unflatten(dim, sizes);

    /// <summary>See torch.unflatten.</summary>
    public static Tensor unflatten(Tensor input, long dim, Size sizes) => input.unflatten(dim, sizes);

    /// <summary>See torch.ravel.</summary>
    public static Tensor ravel(Tensor input) => input.ravel();

    /// <summary>See torch.permute.</summary>
    public static Tensor permute(Tensor input, params long[] permutation) => input.permute(permutation);

    /// <summary>See torch.transpose.</summary>
    public static Tensor transpose(Tensor input, long dim0, long dim1) => input.transpose(dim0, dim1);

    /// <summary>See torch.swapaxes.</summary>
    public static Tensor swapaxes(Tensor input, long axis0, long axis1) => input.swapaxes(axis0, axis1);

    /// <summary>See torch.swapdims.</summary>
    public static Tensor swapdims(Tensor input, long dim0, long dim1) => input.swapdims(dim0, dim1);

    /// <summary>See torch.t.</summary>
    public static Tensor t(Tensor input) => input.t();

    /// <summary>See torch.adjoint.</summary>
    public static Tensor adjoint(Tensor input) => input.adjoint();

    /// <summary>See torch.movedim.</summary>
    public static Tensor movedim(Tensor input, long[] source, long[] destination) => input.movedim(source, destination);

    /// <summary>See torch.moveaxis.</summary>
    public static Tensor moveaxis(Tensor input, long[] source, long[] destination) => input.moveaxis(source, destination);

    /// <summary>See torch.squeeze.</summary>
    public static Tensor squeeze(Tensor input, long? dim = null) => input.squeeze(dim);

    /// <summary>See torch.squeeze, in place.</summary>
    public static Tensor squeeze_(Tensor input, long? dim = null) => input.squeeze_(dim);

    /// <summary>See torch.unsqueeze.</summary>
    public static Tensor unsqueeze(Tensor input, long dim) => input.unsqueeze(dim);

    /// <summary>See torch.unsqueeze, in place.</summary>
    public static Tensor unsqueeze_(Tensor input, long dim) => input.unsqueeze_(dim);

    /// <summary>See torch.broadcast_to.</summary>
    public static Tensor broadcast_to(Tensor input, params long[] shape) => input.broadcast_to(shape);

    /// <summary>See torch.repeat_interleave.</summary>
    public static Tensor repeat_interleave(Tensor input, long repeats, long? dim = null, long? output_size = null) => input.repeat_interleave(repeats, dim, output_size);

    /// <summary>See torch.repeat_interleave.</summary>
    public static Tensor repeat_interleave(Tensor input, Tensor repeats, long? dim = null, long? output_size = null) => input.repeat_interleave(repeats, dim, output_size);

    /// <summary>See torch.tile.</summary>
    public static Tensor tile(Tensor input, long[] dims) => input.tile(dims);

    /// <summary>See torch.roll.</summary>
    public static Tensor roll(Tensor input, long shifts, long? dims = null) => input.roll(shifts, dims);

    /// <summary>See torch.roll.</summary>
    public static Tensor roll(Tensor input, long[] shifts) => input.roll(shifts);

    /// <summary>See torch.roll.</summary>
    public static Tensor roll(Tensor input, long[] shifts, long[] dims) => input.roll(shifts, dims);

    /// <summary>See torch.roll.</summary>
    public static Tensor roll(Tensor input, (long, long) shifts, (long, long) dims) => input.roll(shifts, dims);

    /// <summary>See torch.roll.</summary>
    public static Tensor roll(Tensor input, (long, long, long) shifts, (long, long, long) dims) => input.roll(shifts, dims);

    /// <summary>See torch.roll.</summary>
    public static Tensor roll(Tensor input, ReadOnlySpan<long> shifts, ReadOnlySpan<long> dims = default) => input.roll(shifts, dims);

    /// <summary>See torch.flip.</summary>
    public static Tensor flip(Tensor input, params long[] dims) => input.flip(dims);

    /// <summary>See torch.fliplr.</summary>
    public static Tensor fliplr(Tensor input) => input.fliplr();

    /// <summary>See torch.flipud.</summary>
    public static Tensor flipud(Tensor input) => input.flipud();

    /// <summary>See torch.rot90.</summary>
    public static Tensor rot90(Tensor input, long k = 1, (long, long)? dims = null) => input.rot90(k, dims);

    /// <summary>See torch.tril.</summary>
    public static Tensor tril(Tensor input, long diagonal = 0) => input.tril(diagonal);

    /// <summary>See torch.tril, in place.</summary>
    public static Tensor tril_(Tensor input, long diagonal = 0) => input.tril_(diagonal);

    /// <summary>See torch.triu.</summary>
    public static Tensor triu(Tensor input, long diagonal = 0) => input.triu(diagonal);

    /// <summary>See torch.triu, in place.</summary>
    public static Tensor triu_(Tensor input, long diagonal = 0) => input.triu_(diagonal);

    /// <summary>See torch.diag.</summary>
    public static Tensor diag(Tensor input, long diagonal = 0) => input.diag(diagonal);

    /// <summary>See torch.diag_embed.</summary>
    public static Tensor diag_embed(Tensor input, long offset = 0, long dim1 = -2, long dim2 = -1) => input.diag_embed(offset, dim1, dim2);

    /// <summary>See torch.diagonal.</summary>
    public static Tensor diagonal(Tensor input, long offset = 0, long dim1 = 0, long dim2 = 1) => input.diagonal(offset, dim1, dim2);

    /// <summary>See torch.diff.</summary>
    public static Tensor diff(Tensor input, long n = 1, long dim = -1, Tensor? prepend = null, Tensor? append = null) => input.diff(n, dim, prepend, append);

    /// <summary>See torch.view_as_complex.</summary>
    public static Tensor view_as_complex(Tensor input) => input.view_as_complex();

    /// <summary>See torch.view_as_real.</summary>
    public static Tensor view_as_real(Tensor input) => input.view_as_real();

    /// <summary>See torch.conj.</summary>
    public static Tensor conj(Tensor input) => input.conj();

    /// <summary>See torch.conj_physical.</summary>
    public static Tensor conj_physical(Tensor input) => input.conj_physical();

    /// <summary>See torch.resolve_conj.</summary>
    public static Tensor resolve_conj(Tensor input) => input.resolve_conj();

    /// <summary>See torch.resolve_neg.</summary>
    public static Tensor resolve_neg(Tensor input) => input.resolve_neg();

    /// <summary>See torch.clone.</summary>
    public static Tensor clone(Tensor input) => input.clone();
}
